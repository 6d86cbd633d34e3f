import { CREATES_CHART_TABLE, CREATES_TRAINING_VIEW, MIGRATIONS } from '../../../migrations/index.js';
import { Failure } from '../../core/failure.js';
import type { Db } from '../../database/store.js';
import { wasConverted } from '../adoption/adopt-table.js';
import { describeAdoption } from '../adoption/describe-adoption.js';
import { countLegacyRows, type LegacyRows } from '../adoption/legacy-rows.js';
import { currentName, findLegacyTable, isReadable, type LegacyTable } from '../adoption/legacy-table.js';
import { findObstacles } from '../adoption/obstacles.js';
import type { Refusal } from '../adoption/refusal.js';
import { findLegacyRefusals } from '../adoption/refusals/refusals.js';
import { refuseSchema } from '../adoption/schema-refusals.js';
import { readMigrationState } from './state.js';

/** How an existing table is adopted. */
export interface MigrateOptions {
  /** Renames expected columns that were created quoted (`"isComplete"`). */
  adoptQuoted?: boolean | undefined;
  /** The units of the volumes in an existing table. Default: base. */
  legacyVolume?: 'base' | 'quote' | undefined;
  /** The time zone of times that were stored without one, as PostgreSQL names it. Default: UTC. */
  naiveTimezone?: string | undefined;
}

/** What a migration would do. */
export interface MigrationPlan {
  pending: string[];
  /** One sentence for each step, in order. */
  steps: string[];
  /** If there are any, nothing is migrated. */
  refusals: Refusal[];
}

export interface PlannedMigration extends MigrationPlan {
  unknown: string[];
  /** The table to adopt; null when there is none. */
  legacy: { table: LegacyTable; rows: LegacyRows } | null;
}

/**
 * Reads everything that a migration depends on; changes nothing.
 *
 * @param lockTable locks the table before the rows of a legacy table are counted, so that the plan stays true
 * @throws Failure (usage) when volumes are to be converted although the table was adopted before
 */
export async function makePlan(
  trx: Db,
  options: MigrateOptions,
  lockTable?: (trx: Db) => Promise<void>,
): Promise<PlannedMigration> {
  const { pending, unknown } = await readMigrationState(trx);
  const isQuoteVolume = options.legacyVolume === 'quote';
  if (isQuoteVolume) await requireUnconverted(trx, pending);
  if (pending.length === 0) return { pending, unknown, steps: [], refusals: [], legacy: null };

  const table = pending.includes(CREATES_CHART_TABLE) ? await findTable(trx, lockTable) : undefined;
  const rows = table && isCountable(table) ? await countLegacyRows(trx, table) : null;
  const refusals = [
    ...(await refuseSchema(trx, { makesView: pending.includes(CREATES_TRAINING_VIEW) })),
    ...(table
      ? findLegacyRefusals({ table, rows, obstacles: await findObstacles(trx, table) }, options.adoptQuoted ?? false)
      : []),
  ];
  const legacy = table && rows ? { table, rows } : null;
  const steps = MIGRATIONS.filter(({ name }) => pending.includes(name)).flatMap(({ name, does }) =>
    name === CREATES_CHART_TABLE && legacy ? describeAdoption(legacy.table, legacy.rows, isQuoteVolume) : [does],
  );
  return { pending, unknown, steps: refusals.length > 0 ? [] : steps, refusals, legacy };
}

async function findTable(trx: Db, lockTable?: (trx: Db) => Promise<void>): Promise<LegacyTable | undefined> {
  const table = await findLegacyTable(trx);
  if (!table || !lockTable || !isCountable(table)) return table;
  await lockTable(trx);
  return findLegacyTable(trx);
}

/** Whether its rows can be read by symbol and timestamp. */
function isCountable(table: LegacyTable): boolean {
  const hasKey = currentName(table, 'symbol') !== undefined && currentName(table, 'timestamp') !== undefined;
  return hasKey && isReadable(table);
}

async function requireUnconverted(trx: Db, pending: readonly string[]): Promise<void> {
  if (pending.includes(CREATES_CHART_TABLE) && !(await wasConverted(trx))) return;
  throw new Failure('usage', 'volumes are converted only when the table is adopted, and it was adopted before', {
    hint: 'run chartctl migrate without --legacy-volume',
    code: 'ALREADY_ADOPTED',
  });
}
