import type { Db } from '../../database/store.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { findReplaceableIndex, KEY_INDEX } from './key-index.js';
import { findConstants, toDefaults } from './rows/constant-columns.js';
import type { LegacyRows } from './legacy-rows.js';
import { type LegacyTable, quoteName, SOURCE_CHECK } from './legacy-table.js';
import { findRenamed } from './orm-mappings.js';
import { setRowsAside } from './rows/row-condition.js';
import { orderLatestFirst } from './rows/written-order.js';

interface AdoptionOptions {
  jobId: number;
  isQuoteVolume: boolean;
  /** The time zone of times that were stored without one. */
  zone: string;
}

/** What an adoption did with the rows that were there. */
export interface AdoptedRows {
  /** Duplicates that were moved to `chartctl_changes`. */
  duplicatesRemoved: number;
  /** Rows that stay in the table. */
  adoptedRows: number;
  /** Rows that a condition left out, and the table to which they were moved. */
  setAside: { table: string; rows: number } | null;
}

/**
 * Gives a legacy table the columns, types and key that chartctl needs. The table must be locked, and nothing may have
 * been refused under that lock.
 */
export async function adoptLegacyTable(
  trx: Db,
  { table, rows }: { table: LegacyTable; rows: LegacyRows },
  { jobId, isQuoteVolume, zone }: AdoptionOptions,
): Promise<AdoptedRows> {
  if (rows.setAside) {
    const { condition, table: name, count } = rows.setAside;
    await setRowsAside(trx, { condition, table: name, expected: count });
  }
  await alterTable(trx, renames(table));
  await alterTable(trx, typeChanges(table, zone));
  await alterTable(trx, additions(table));
  await alterTable(trx, [...defaults(table), ...toDefaults(findConstants(rows.keyColumns))]);
  const duplicatesRemoved = rows.duplicates > 0 ? await archiveDuplicates(trx, table, jobId) : 0;
  if (isQuoteVolume) await convertVolumes(trx, jobId);
  await fillDefaults(trx);
  await createKey(trx, table, rows.withoutKey === 0);
  await trx.raw(`ANALYZE ${CHART_TABLE}`);
  const setAside = rows.setAside && { table: rows.setAside.table, rows: rows.setAside.count };
  return { duplicatesRemoved, adoptedRows: rows.count - duplicatesRemoved, setAside };
}

function renames(table: LegacyTable): string[] {
  return findRenamed(table).map(({ name, expected }) => `RENAME COLUMN ${quoteName(name)} TO ${expected.name}`);
}

function typeChanges(table: LegacyTable, zone: string): string[] {
  return table.matched.flatMap(({ expected, conversion }) => {
    if (conversion.kind !== 'convert') return [];
    const name = quoteName(expected.name);
    return [`ALTER COLUMN ${name} TYPE ${conversion.to} USING ${conversion.using(name, zone)}`];
  });
}

function additions(table: LegacyTable): string[] {
  return table.missing.map(({ name, definition }) => `ADD COLUMN ${name} ${definition}`);
}

/** Sets defaults for INSERTs that omit columns, and allows NULL in indicators. */
function defaults(table: LegacyTable): string[] {
  const indicators: readonly string[] = INDICATOR_COLUMNS;
  const nullable = table.matched.filter(
    ({ expected, not_null: notNull }) => notNull && indicators.includes(expected.name),
  );
  return [
    ...nullable.map(({ expected }) => `ALTER COLUMN ${expected.name} DROP NOT NULL`),
    `ALTER COLUMN source SET DEFAULT 'BINANCE'`,
    `ALTER COLUMN hasmissingdata SET DEFAULT false`,
    `ALTER COLUMN iscomplete SET DEFAULT true`,
    `ALTER COLUMN written_at DROP DEFAULT`,
  ];
}

/** Each RENAME COLUMN needs its own statement; all other actions are combined to rewrite the table only once. */
async function alterTable(trx: Db, actions: readonly string[]): Promise<void> {
  const isRename = actions[0]?.startsWith('RENAME') ?? false;
  const statements = isRename ? actions : [actions.join(', ')].filter((text) => text !== '');
  for (const statement of statements) await trx.raw(`ALTER TABLE ${CHART_TABLE} ${statement}`);
}

async function fillDefaults(trx: Db): Promise<void> {
  await trx.raw(`
    UPDATE ${CHART_TABLE}
    SET iscomplete = false, hasmissingdata = coalesce(hasmissingdata, false), source = coalesce(source, 'BINANCE')
    WHERE iscomplete IS DISTINCT FROM false OR hasmissingdata IS NULL OR source IS NULL
  `);
}

async function createKey(trx: Db, table: LegacyTable, everyRowHasKey: boolean): Promise<void> {
  if (findReplaceableIndex(table)) await trx.raw(`DROP INDEX ${KEY_INDEX}`);
  await alterTable(trx, [
    ...(everyRowHasKey ? ['ALTER COLUMN symbol SET NOT NULL', 'ALTER COLUMN timestamp SET NOT NULL'] : []),
  ]);
  if (table.relation.has_source_check) return;
  await alterTable(trx, [`DROP CONSTRAINT IF EXISTS ${SOURCE_CHECK}`]);
  // alone: Citus adds a constraint in no statement that does something else, too
  await alterTable(trx, [
    `ADD CONSTRAINT ${SOURCE_CHECK} CHECK (source IN ('BINANCE', 'FALLBACK', 'BINANCE_BACKFILL'))`,
  ]);
}

/**
 * Moves all rows of each symbol and timestamp except the latest written one to `chartctl_changes`.
 *
 * `ctid` identifies a row only within one plain table or chunk (`tableoid`), which the migration has locked; do not use
 * it elsewhere. A table that Citus distributes is made plain before.
 *
 * @returns the number of removed rows
 */
async function archiveDuplicates(trx: Db, table: LegacyTable, jobId: number): Promise<number> {
  const { rows } = await trx.raw<{ rows: { removed: string }[] }>(
    `
    WITH ranked AS (
      SELECT tableoid AS part, ctid AS place, row_number() OVER (PARTITION BY symbol, timestamp ORDER BY ${orderLatestFirst(table).sql}) AS age
      FROM ${CHART_TABLE} WHERE symbol IS NOT NULL AND timestamp IS NOT NULL
    ), removed AS (
      DELETE FROM ${CHART_TABLE} r USING ranked WHERE r.tableoid = ranked.part AND r.ctid = ranked.place AND ranked.age > 1
      RETURNING r.symbol, r.timestamp, ranked.age, to_jsonb(r) AS before
    ), logged AS (
      INSERT INTO chartctl_changes (symbol, timestamp, job_id, sequence, action, reason, before, changed_at)
      SELECT symbol, timestamp, ?, row_number() OVER (ORDER BY symbol, timestamp, age DESC), 'delete',
             'duplicate found by the migration: a row written later stays', before, clock_timestamp()
      FROM removed RETURNING 1
    )
    SELECT count(*) AS removed FROM logged
    `,
    [jobId],
  );
  return Number(rows[0]!.removed);
}

const CONVERSION_REASON = 'volume converted from quote to base units by the migration';

/** Selects rows with a positive, finite typical price. Rows that chartctl wrote are in base units already. */
const CONVERTIBLE = `
  written_at IS NULL AND volume IS NOT NULL AND high + low + close > 0 AND high + low + close < 'Infinity'`;

/** Divides volumes by the candle's typical price, (high + low + close) / 3. The old rows are copied to `chartctl_changes`. */
async function convertVolumes(trx: Db, jobId: number): Promise<void> {
  await trx.raw(
    `INSERT INTO chartctl_changes (symbol, timestamp, job_id, sequence, action, reason, before, changed_at)
     SELECT r.symbol, r.timestamp, ?, (SELECT coalesce(max(sequence), 0) FROM chartctl_changes WHERE job_id = ?)
              + row_number() OVER (ORDER BY r.symbol, r.timestamp), 'replace', ?, to_jsonb(r), clock_timestamp()
     FROM ${CHART_TABLE} r WHERE ${CONVERTIBLE}`,
    [jobId, jobId, CONVERSION_REASON],
  );
  await trx.raw(`UPDATE ${CHART_TABLE} SET volume = volume / ((high + low + close) / 3) WHERE ${CONVERTIBLE}`);
}

/** Whether the audit log contains a conversion, which must not be done twice. */
export async function wasConverted(db: Db): Promise<boolean> {
  const audit = await db.raw<{ rows: { name: string | null }[] }>(
    `SELECT to_regclass('chartctl_changes')::text AS name`,
  );
  if (!audit.rows[0]?.name) return false;
  const { rows } = await db.raw<{ rows: unknown[] }>(`SELECT 1 FROM chartctl_changes WHERE reason = ? LIMIT 1`, [
    CONVERSION_REASON,
  ]);
  return rows.length > 0;
}
