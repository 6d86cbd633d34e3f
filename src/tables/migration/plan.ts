import { CREATES_CHART_TABLE, CREATES_TRAINING_VIEW, MIGRATIONS } from '../../../migrations/index.js';
import { Failure } from '../../core/failure.js';
import { quoteForShell } from '../../core/shell-words.js';
import type { Db } from '../../database/store.js';
import { wasConverted } from '../adoption/adopt-table.js';
import { describeAdoption } from '../adoption/describe-adoption.js';
import { countLegacyRows, type LegacyRows, type RowChoice } from '../adoption/legacy-rows.js';
import { currentName, findLegacyTable, isReadable, type LegacyTable } from '../adoption/legacy-table.js';
import { parseZone, readNaiveTimes } from '../adoption/naive-times.js';
import { findObstacles } from '../adoption/obstacles/obstacles.js';
import type { Refusal } from '../adoption/refusal.js';
import { refuseOtherTables } from '../adoption/other-tables.js';
import { refuseNaiveTimes } from '../adoption/refusals/naive-times.js';
import { findLegacyRefusals } from '../adoption/refusals/refusals.js';
import { refuseSchema } from '../adoption/schema-refusals.js';
import type { EngineOptions } from '../engine/engine.js';
import { type EnginePlan, planEngine, refuseWhileDistributed } from '../engine/plan-engine.js';
import { readMigrationState } from './state.js';

/** How an existing table is adopted, and which engine stores the tables. */
export interface MigrateOptions extends RowChoice, EngineOptions {
  /** Renames expected columns that have another spelling (`"isComplete"`, `is_complete`). */
  adoptSpelling?: boolean | undefined;
  /** The old name of `adoptSpelling`. */
  adoptQuoted?: boolean | undefined;
  /** Adopts symbols that are spelt otherwise than Binance does, as they are. */
  keepSymbols?: boolean | undefined;
  /** Creates a table although another schema has one, or this one has it under another spelling. */
  newTable?: boolean | undefined;
  /** The units of the volumes in an existing table. Default: base. */
  legacyVolume?: 'base' | 'quote' | undefined;
  /** The time zone of times that were stored without one, as PostgreSQL names it. Default: UTC. */
  naiveTimezone?: string | undefined;
}

/** The options of the command line, for the command that a hint ends with. */
export function toFlags(options: MigrateOptions): string[] {
  const { where, ignoreDifference, legacyVolume, naiveTimezone } = options;
  return [
    ...toEngineFlags(options),
    ...(options.adoptSpelling || options.adoptQuoted ? ['--adopt-spelling'] : []),
    ...(where === undefined ? [] : [`--where ${quoteForShell(where)}`]),
    ...(ignoreDifference === undefined ? [] : [`--ignore-difference ${quoteForShell(ignoreDifference.join(','))}`]),
    ...(options.keepSymbols ? ['--keep-symbols'] : []),
    ...(options.newTable ? ['--new-table'] : []),
    ...(legacyVolume === 'quote' ? ['--legacy-volume quote'] : []),
    ...(naiveTimezone === undefined ? [] : [`--naive-timezone ${quoteForShell(naiveTimezone)}`]),
  ];
}

function toEngineFlags({ engine, shards, chunkIntervalMs, compressAfterMs }: EngineOptions): string[] {
  return [
    ...(engine === undefined ? [] : [`--engine ${engine}`]),
    ...(shards === undefined ? [] : [`--shards ${shards}`]),
    ...(chunkIntervalMs === undefined ? [] : [`--chunk-interval ${formatFlag(chunkIntervalMs)}`]),
    ...(compressAfterMs === undefined
      ? []
      : [`--compress-after ${compressAfterMs === null ? 'never' : formatFlag(compressAfterMs)}`]),
  ];
}

/** A duration as the command line takes it. */
function formatFlag(durationMs: number): string {
  return `${durationMs / 1000}s`;
}

/** What a migration would do. */
export interface MigrationPlan {
  pending: string[];
  /** The engine that stores the tables; null: they are plain. */
  engine: EnginePlan['engine'];
  notices: string[];
  /** One sentence for each step, in order. */
  steps: string[];
  /** If there are any, nothing is migrated. */
  refusals: Refusal[];
}

export interface PlannedMigration extends MigrationPlan {
  unknown: string[];
  /** The engine has something to do. */
  isPlacing: boolean;
  /** The table to adopt; null when there is none. */
  legacy: { table: LegacyTable; rows: LegacyRows; zone: string } | null;
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
  lockTable: (trx: Db) => Promise<void>,
): Promise<PlannedMigration> {
  const { pending, unknown } = await readMigrationState(trx);
  const isQuoteVolume = options.legacyVolume === 'quote';
  if (isQuoteVolume) await requireUnconverted(trx, pending);
  const isAdopting = pending.includes(CREATES_CHART_TABLE);
  if (!isAdopting) refuseChoices(options);

  const table = isAdopting ? await findTable(trx, lockTable) : undefined;
  if (!table) refuseChoices(options);
  const placed = await planEngine(trx, options, { isNew: isAdopting, table });
  const { engine, notices } = placed;
  const isPlacing = placed.steps.length > 0 || placed.refusals.length > 0;
  if (pending.length === 0 && !isPlacing) {
    return { pending, unknown, engine, notices, isPlacing, steps: [], refusals: [], legacy: null };
  }
  const rows = table && isCountable(table) ? await countLegacyRows(trx, table, options) : null;
  const zone = options.naiveTimezone === undefined ? undefined : await parseZone(trx, options.naiveTimezone);
  const times = table ? await readNaiveTimes(trx, table, { zone, where: options.where }) : null;
  const refusals = [
    ...(await refuseSchema(trx, { makesView: pending.includes(CREATES_TRAINING_VIEW) })),
    ...(isAdopting && !table && !options.newTable ? await refuseOtherTables(trx) : []),
    ...(table
      ? findLegacyRefusals(
          { table, rows, obstacles: await findObstacles(trx, table, zone ?? 'UTC') },
          {
            adoptSpelling: (options.adoptSpelling ?? false) || (options.adoptQuoted ?? false),
            keepSymbols: options.keepSymbols ?? false,
          },
        )
      : []),
    ...refuseNaiveTimes(times),
    ...placed.refusals,
  ];
  if (engine?.name === 'citus' && table) {
    refusals.unshift(...(await refuseWhileDistributed(trx, { rows, isQuoteVolume, refusals })));
  }
  const legacy = table && rows ? { table, rows, zone: zone ?? 'UTC' } : null;
  const migrating = MIGRATIONS.filter(({ name }) => pending.includes(name)).flatMap(({ name, does }) =>
    name === CREATES_CHART_TABLE && legacy ? describeAdoption(legacy.table, legacy.rows, times, isQuoteVolume) : [does],
  );
  const steps = refusals.length > 0 ? [] : [...migrating, ...placed.steps];
  return { pending, unknown, engine, notices, isPlacing, steps, refusals, legacy };
}

async function findTable(trx: Db, lockTable: (trx: Db) => Promise<void>): Promise<LegacyTable | undefined> {
  const table = await findLegacyTable(trx);
  if (!table || !isCountable(table)) return table;
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

/** @throws Failure (usage) for an option about a table that is adopted, when there is none */
function refuseChoices({ where, naiveTimezone }: MigrateOptions): void {
  if (where === undefined && naiveTimezone === undefined) return;
  const option = where === undefined ? '--naive-timezone' : '--where';
  throw new Failure('usage', `${option} is about the rows of a table that is adopted, and there is none to adopt`, {
    hint: `run chartctl migrate without ${option}`,
    code: 'NOTHING_TO_ADOPT',
  });
}
