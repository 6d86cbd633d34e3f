import { EXIT_CODES } from '../core/failure.js';
import type { Store } from '../database/store.js';
import type { MigrateOptions } from '../tables/migration/plan.js';
import type { Command, CommandResult } from './framework/command.js';
import { formatLines } from './framework/job-result.js';
import type { Flags } from './framework/options/flags.js';
import { OUTPUT_OPTIONS } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

interface MigrateResult extends CommandResult {
  lines: string[];
  /** Members of the JSON document. */
  members: object;
  /** Whether a migration is still to be applied. */
  isBehind: boolean;
}

export const migrateCommand: Command<MigrateResult> = {
  name: 'migrate',
  description: 'migrate the database to this version: create the tables, or adopt an existing one',
  options: [
    ['--status', 'list the applied and the pending migrations'],
    ['--dry-run', 'print what would be done'],
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
    ['--exit-code', 'with --status or --dry-run: exit 10 when something is to be done'],
    ...OUTPUT_OPTIONS,
  ],
  examples: [
    ['chartctl migrate --dry-run', 'what would be done to this database'],
    ['chartctl migrate', 'do it, in one transaction; a second run changes nothing'],
    [`chartctl migrate --where "exchange = 'binance'"`, 'adopt a part of a table; the other rows are kept'],
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
    };
    return runInDatabase(call, ({ store }) => mode(store, options));
  },
  text: ({ lines }) => formatLines(lines),
  json: ({ members }) => members,
  exitCode: ({ isBehind }) => (isBehind ? EXIT_CODES.due : EXIT_CODES.done),
};

function readNames(list: string | undefined): string[] | undefined {
  return list?.split(',').map((name) => name.trim());
}

/** The options that say how an existing table is adopted. */
const ADOPTION_FLAGS = [
  '--adopt-spelling',
  '--adopt-quoted',
  '--where',
  '--ignore-difference',
  '--keep-symbols',
  '--new-table',
  '--legacy-volume',
  '--naive-timezone',
];

type Mode = (store: Store, options: MigrateOptions) => Promise<MigrateResult>;

function readMode(flags: Flags): Mode {
  flags.atMostOne('--status', '--dry-run', '--rollback');
  for (const other of ['--status', '--rollback']) {
    for (const adopting of ADOPTION_FLAGS) flags.atMostOne(other, adopting);
  }
  if (!flags.isSet('--status')) flags.needs('--exit-code', '--dry-run');
  if (flags.isSet('--status')) return showStatus;
  if (flags.isSet('--dry-run')) return showPlan;
  return flags.isSet('--rollback') ? rollBack : migrate;
}

async function migrate(store: Store, options: MigrateOptions): Promise<MigrateResult> {
  const { jobId, ...result } = await (await import('../jobs/migrate.js')).migrate(store, options);
  const done = result.applied.length > 0 ? result.steps : ['nothing to do: the database is up to date'];
  const lines = result.next ? [...done, `next: ${result.next}`] : done;
  return { jobId, lines, members: result, isBehind: false };
}

async function showStatus(store: Store): Promise<MigrateResult> {
  const state = await (await import('../tables/migration/state.js')).getMigrationState(store);
  const lines = (['applied', 'pending', 'unknown'] as const).flatMap((kind) =>
    state[kind].map((name) => `${kind}  ${name}`),
  );
  return { lines, members: state, isBehind: state.pending.length > 0 };
}

async function showPlan(store: Store, options: MigrateOptions): Promise<MigrateResult> {
  const plan = await (await import('../tables/migration/migrate.js')).planMigration(store, options);
  const isBehind = plan.pending.length > 0;
  const refusals = plan.refusals.flatMap(({ problem, remedy }) => [`refused: ${problem}`, `remedy: ${remedy}`]);
  const steps = plan.steps.map((step) => `would: ${step}`);
  const lines = isBehind ? [...steps, ...refusals] : ['nothing to do: the database is up to date'];
  return { lines, members: plan, isBehind };
}

async function rollBack(store: Store): Promise<MigrateResult> {
  const result = await (await import('../tables/migration/migrate.js')).rollbackStore(store);
  const undone = result.rolledBack.map((name) => `rolled back  ${name}`);
  const lines = undone.length > 0 ? undone : ['nothing to roll back'];
  return { lines: [...lines, ...result.kept.map((table) => `kept  ${table}`)], members: result, isBehind: false };
}
