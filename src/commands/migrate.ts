import { EXIT_CODES } from '../core/failure.js';
import type { Store } from '../database/store.js';
import type { MigrateOptions } from '../tables/migration/plan.js';
import type { Flags } from './framework/flags.js';
import type { PlainCommand, PlainResult } from './framework/plain-command.js';

/** Migrates, and says what was done and what is left to do. */
export async function migrate(store: Store, options: MigrateOptions): Promise<PlainResult> {
  const { jobId, ...result } = await (await import('../jobs/migrate.js')).migrate(store, options);
  const done = result.applied.length > 0 ? result.steps : ['nothing to do: the database is up to date'];
  return { jobId, lines: result.next ? [...done, `next: ${result.next}`] : done, fields: result };
}

/** Which migrations are applied, and which are not. */
export async function showStatus(store: Store): Promise<PlainResult> {
  const state = await (await import('../tables/migration/state.js')).getMigrationState(store);
  const lines = (['applied', 'pending', 'unknown'] as const).flatMap((kind) =>
    state[kind].map((name) => `${kind}  ${name}`),
  );
  return { jobId: null, lines, fields: state, asked: isBehind(state.pending) };
}

/** What a migration would do, or what stands in its way. */
export async function showPlan(store: Store, options: MigrateOptions): Promise<PlainResult> {
  const plan = await (await import('../tables/migration/migrate.js')).planMigration(store, options);
  const refusals = plan.refusals.flatMap(({ problem, remedy }) => [`refused: ${problem}`, `remedy: ${remedy}`]);
  const steps = plan.steps.map((step) => `would: ${step}`);
  const lines = plan.pending.length > 0 ? [...steps, ...refusals] : ['nothing to do: the database is up to date'];
  return { jobId: null, lines, fields: plan, asked: isBehind(plan.pending) };
}

/** Undoes the migrations, and says what stays. */
export async function rollBack(store: Store): Promise<PlainResult> {
  const result = await (await import('../tables/migration/migrate.js')).rollbackStore(store);
  const undone = result.rolledBack.map((name) => `rolled back  ${name}`);
  const lines = undone.length > 0 ? undone : ['nothing to roll back'];
  return { jobId: null, lines: [...lines, ...result.kept.map((table) => `kept  ${table}`)], fields: result };
}

function isBehind(pending: readonly string[]) {
  return pending.length > 0 ? EXIT_CODES.due : EXIT_CODES.done;
}

interface Own extends MigrateOptions {
  mode: 'migrate' | 'status' | 'plan' | 'rollback';
}

export const migrateCommand: PlainCommand<Own> = {
  name: 'migrate',
  description: 'bring the database to this version: create the tables, or adopt the one that is there',
  options: [
    ['--status', 'say which migrations are applied and which are not'],
    ['--dry-run', 'say what would be done'],
    ['--rollback', 'undo every migration; candles are never dropped, nor is a table that holds rows'],
    ['--adopt-quoted', 'rename our columns that an ORM created quoted ("isComplete")'],
    ['--legacy-volume <base|quote>', 'the units of the volumes that are there; quote volumes are converted'],
    ['--exit-code', 'with --status or --dry-run: exit 10 when something is to be done'],
  ],
  examples: [
    ['chartctl migrate --dry-run', 'what would be done to this database'],
    ['chartctl migrate', 'do it, in one transaction; a second run changes nothing'],
    ['chartctl migrate --status --exit-code', 'exit 10 when the database is behind'],
  ],
  parse: readMode,
  run: async ({ store }, { mode, ...options }) => {
    if (mode === 'status') return showStatus(store);
    if (mode === 'plan') return showPlan(store, options);
    return mode === 'rollback' ? rollBack(store) : migrate(store, options);
  },
};

function readMode(flags: Flags): Own {
  flags.atMostOne('--status', '--dry-run', '--rollback');
  if (!flags.isSet('--status')) flags.needs('--exit-code', '--dry-run');
  const modes = { '--status': 'status', '--dry-run': 'plan', '--rollback': 'rollback' } as const;
  const given = Object.entries(modes).find(([flag]) => flags.isSet(flag));
  return {
    mode: given?.[1] ?? 'migrate',
    adoptQuoted: flags.isSet('--adopt-quoted'),
    legacyVolume: flags.choice('--legacy-volume', ['base', 'quote']),
  };
}
