import { EXIT_CODES } from '../core/failure.js';
import type { MigrateOptions } from '../store/migration/migrate.js';
import type { Store } from '../store/store.js';
import type { PlainResult } from './plain-command.js';

/** Migrates, and says what was done and what is left to do. */
export async function migrate(store: Store, options: MigrateOptions): Promise<PlainResult> {
  const { jobId, ...result } = await (await import('../jobs/migrate.js')).migrate(store, options);
  const done = result.applied.length > 0 ? result.steps : ['nothing to do: the database is up to date'];
  return { jobId, lines: result.next ? [...done, `next: ${result.next}`] : done, fields: result };
}

/** Which migrations are applied, and which are not. */
export async function showStatus(store: Store): Promise<PlainResult> {
  const state = await (await import('../store/migration/migrate.js')).getMigrationState(store);
  const lines = (['applied', 'pending', 'unknown'] as const).flatMap((kind) =>
    state[kind].map((name) => `${kind}  ${name}`),
  );
  return { jobId: null, lines, fields: state, asked: isBehind(state.pending) };
}

/** What a migration would do, or what stands in its way. */
export async function showPlan(store: Store, options: MigrateOptions): Promise<PlainResult> {
  const plan = await (await import('../store/migration/migrate.js')).planMigration(store, options);
  const refusals = plan.refusals.flatMap(({ problem, remedy }) => [`refused: ${problem}`, `remedy: ${remedy}`]);
  const steps = plan.steps.map((step) => `would: ${step}`);
  const lines = plan.pending.length > 0 ? [...steps, ...refusals] : ['nothing to do: the database is up to date'];
  return { jobId: null, lines, fields: plan, asked: isBehind(plan.pending) };
}

/** Undoes the migrations, and says what stays. */
export async function rollBack(store: Store): Promise<PlainResult> {
  const result = await (await import('../store/migration/migrate.js')).rollbackStore(store);
  const undone = result.rolledBack.map((name) => `rolled back  ${name}`);
  const lines = undone.length > 0 ? undone : ['nothing to roll back'];
  return { jobId: null, lines: [...lines, ...result.kept.map((table) => `kept  ${table}`)], fields: result };
}

function isBehind(pending: readonly string[]) {
  return pending.length > 0 ? EXIT_CODES.due : EXIT_CODES.done;
}
