import { parseDuration } from '../core/duration.js';
import { EXIT_CODES, Failure } from '../core/failure.js';
import { HOUR_MS } from '../core/minute.js';
import type { Store } from '../database/store.js';
import type { MigrateOptions } from '../tables/migration/plan.js';
import type { MigrateMembers } from './documents/migrate.js';
import type { Command, CommandResult } from './framework/command.js';
import { formatLines } from './framework/job-result.js';
import { printNotice } from './framework/notices.js';
import type { Flags } from './framework/options/flags.js';
import { OUTPUT_OPTIONS } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

interface MigrateResult extends CommandResult {
  lines: string[];
  /** What the user should know beside the result. */
  notices: readonly string[];
  /** Members of the JSON document. */
  members: MigrateMembers;
  /** Whether a migration is still to be applied. */
  isBehind: boolean;
}

export const migrateCommand: Command<MigrateResult> = {
  name: 'migrate',
  otherNames: ['setup', 'install', 'upgrade', 'create'],
  description: 'migrate the database to this version: create the tables, or adopt an existing one',
  options: [
    ['--status', 'list the applied and the pending migrations'],
    ['--dry-run', 'print what would be done, or the refusal: do it, under the same locks, and roll it back'],
    ['--rollback', 'undo every migration; candles are never dropped, nor is a table that holds rows'],
    ['--adopt-spelling', 'rename our columns that have another spelling ("isComplete", is_complete, bollinger_upper)'],
    ['--adopt-quoted', 'the old name of --adopt-spelling'],
    [
      '--where <condition>',
      'adopt only rows for which this SQL is true; the others move whole to a table of their own',
    ],
    ['--ignore-difference <columns>', 'rows that differ only in these columns (comma-separated) are duplicates'],
    ['--keep-symbols', 'keep symbols that are spelt otherwise (BTC/USDT), although no command finds them'],
    ['--new-table', 'create a table although another schema or spelling has one'],
    ['--legacy-volume <base|quote>', 'the units of the existing volumes; quote volumes are converted'],
    ['--naive-timezone <zone>', 'the time zone of existing times that were stored without one, such as Europe/Berlin'],
    [
      '--engine <citus|timescaledb|none>',
      'store the tables with this extension of PostgreSQL; default: the one that is installed, for new tables',
    ],
    ['--shards <count>', "Citus: the shards of each table; default: the server's citus.shard_count"],
    ['--chunk-interval <duration>', 'TimescaleDB: the time range of a new chunk (default 7d)'],
    ['--compress-after <duration|never>', 'TimescaleDB: the age at which chunks are compressed (default 30d)'],
    ['--exit-code', 'with --status or --dry-run: exit 10 when something is to be done'],
    ...OUTPUT_OPTIONS,
  ],
  examples: [
    ['chartctl migrate --dry-run', 'what would be done to this database'],
    ['chartctl migrate', 'do it, in one transaction; a second run changes nothing'],
    [`chartctl migrate --where "exchange = 'binance'"`, 'adopt a part of a table; the other rows are kept'],
    ['chartctl migrate --engine timescaledb --compress-after 60d', 'make the table of candles a hypertable'],
    ['chartctl migrate --status --exit-code', 'exit 10 when the database is behind'],
  ],
  run: (call) => {
    const { flags } = call;
    const mode = readMode(flags);
    const options = {
      adoptSpelling: flags.isSet('--adopt-spelling') || flags.isSet('--adopt-quoted'),
      where: flags.text('--where'),
      ignoreDifference: readNames(flags.text('--ignore-difference')),
      keepSymbols: flags.isSet('--keep-symbols'),
      newTable: flags.isSet('--new-table'),
      legacyVolume: flags.choice('--legacy-volume', ['base', 'quote']),
      naiveTimezone: flags.text('--naive-timezone'),
      engine: flags.choice('--engine', ['citus', 'timescaledb', 'none']),
      shards: flags.count('--shards', { min: 1, max: MAX_SHARDS }),
      chunkIntervalMs: flags.parse('--chunk-interval', (text) => parseAtLeast('--chunk-interval', text, HOUR_MS)),
      compressAfterMs: flags.parse('--compress-after', parseCompressAfter),
    };
    return runInDatabase(call, async ({ store }) => {
      const result = await mode(store, options);
      for (const notice of result.notices) await printNotice(call, notice);
      return result;
    });
  },
  text: ({ lines }, view) => formatLines(lines, view.columns),
  document: async () => (await import('./documents/migrate.js')).migrateDocument,
  exitCode: ({ isBehind }) => (isBehind ? EXIT_CODES.due : EXIT_CODES.done),
};

function readNames(list: string | undefined): string[] | undefined {
  return list?.split(',').map((name) => name.trim());
}

/** The greatest number of shards that Citus takes. */
const MAX_SHARDS = 64_000;
/** The last rows change every minute: compressing them would decompress them again at once. */
const MIN_COMPRESS_AFTER_MS = 48 * HOUR_MS;

function parseCompressAfter(text: string): number | null {
  return text === 'never' ? null : parseAtLeast('--compress-after', text, MIN_COMPRESS_AFTER_MS);
}

function parseAtLeast(flag: string, text: string, minMs: number): number {
  const durationMs = parseDuration(text);
  if (durationMs >= minMs) return durationMs;
  throw new Failure('usage', `${flag} was "${text}"`, { hint: `expected at least ${minMs / HOUR_MS}h` });
}

/** The options of a run that changes the database, or says what it would change. */
const CHANGE_FLAGS = [
  '--adopt-spelling',
  '--adopt-quoted',
  '--where',
  '--ignore-difference',
  '--keep-symbols',
  '--new-table',
  '--legacy-volume',
  '--naive-timezone',
  '--engine',
  '--shards',
  '--chunk-interval',
  '--compress-after',
];

type Mode = (store: Store, options: MigrateOptions) => Promise<MigrateResult>;

function readMode(flags: Flags): Mode {
  flags.atMostOne('--status', '--dry-run', '--rollback');
  for (const other of ['--status', '--rollback']) {
    for (const changing of CHANGE_FLAGS) flags.atMostOne(other, changing);
  }
  if (!flags.isSet('--status')) flags.needs('--exit-code', '--dry-run');
  if (flags.isSet('--status')) return showStatus;
  if (flags.isSet('--dry-run')) return showPlan;
  return flags.isSet('--rollback') ? rollBack : migrate;
}

async function migrate(store: Store, options: MigrateOptions): Promise<MigrateResult> {
  const { jobId, notices, ...result } = await (await import('../jobs/migrate.js')).migrate(store, options);
  const done = result.steps.length > 0 ? result.steps : ['nothing to do: the database is up to date'];
  const lines = result.next ? [...done, `next: ${result.next}`] : done;
  return { jobId, lines, notices, members: result, isBehind: false };
}

async function showStatus(store: Store): Promise<MigrateResult> {
  const state = await (await import('../tables/migration/state.js')).getMigrationState(store);
  const engine = await (await import('../tables/engine/describe-engine.js')).describeEngine(store.knex);
  const lines = [
    ...(['applied', 'pending', 'unknown'] as const).flatMap((kind) => state[kind].map((name) => `${kind}  ${name}`)),
    ...(engine.summary === null ? [] : [`engine  ${engine.summary}`]),
    ...engine.problems.flatMap(({ problem, remedy }) => [`problem  ${problem}`, `remedy  ${remedy}`]),
  ];
  const isBehind = state.pending.length > 0 || engine.problems.some(({ isSerious }) => isSerious);
  return { lines, notices: [], members: { ...state, engine }, isBehind };
}

async function showPlan(store: Store, options: MigrateOptions): Promise<MigrateResult> {
  const { describeRefusals, planMigration } = await import('../tables/migration/migrate.js');
  const { notices, ...plan } = await planMigration(store, options);
  const isBehind = plan.pending.length + plan.steps.length + plan.refusals.length > 0;
  if (plan.refusals.length > 0) {
    const problem = describeRefusals(plan.refusals, options);
    return { problem, exitCode: problem.exitCode, lines: [], notices, members: plan, isBehind };
  }
  const steps = plan.steps.map((step) => `would: ${step}`);
  return { lines: isBehind ? steps : ['nothing to do: the database is up to date'], notices, members: plan, isBehind };
}

async function rollBack(store: Store): Promise<MigrateResult> {
  const result = await (await import('../tables/migration/migrate.js')).rollbackStore(store);
  const undone = result.rolledBack.map((name) => `rolled back  ${name}`);
  const lines = undone.length > 0 ? undone : ['nothing to roll back'];
  return {
    lines: [...lines, ...result.kept.map((table) => `kept  ${table}`)],
    notices: [],
    members: result,
    isBehind: false,
  };
}
