import type { Knex } from 'knex';
import { INDICATOR_COLUMNS } from '../../../core/indicator-columns.js';
import { CHART_TABLE } from '../../chart-columns.js';
import { removeDuplicates } from './remove-duplicates.js';
import { findReplaceableIndex, KEY_INDEX } from './refuse-keys.js';
import type { LegacyRows } from './rows.js';
import { quoteName, type LegacyTable } from './table.js';
import { toBaseVolume } from './to-base-volume.js';

/** The constraint by which the migration knows an adopted table. */
const SOURCE_CHECK = 'chartctl_source_is_known';

export interface AdoptionOptions {
  jobId: number;
  isQuoteVolume: boolean;
}

/**
 * Gives a legacy table the columns, types and key that chartctl works with. It is locked against everybody else
 * and nothing stood in the way when it was looked at under that lock.
 *
 * @returns how many duplicates went to `chartctl_changes` and how many rows stay
 */
export async function adoptLegacyTable(
  trx: Knex,
  { table, rows }: { table: LegacyTable; rows: LegacyRows },
  { jobId, isQuoteVolume }: AdoptionOptions,
): Promise<{ duplicatesRemoved: number; adoptedRows: number }> {
  await alterTable(trx, renames(table));
  await alterTable(trx, typeChanges(table));
  await alterTable(trx, additions(table));
  await alterTable(trx, defaults(table));
  const duplicatesRemoved = rows.duplicates > 0 ? await removeDuplicates(trx, table, jobId) : 0;
  if (isQuoteVolume) await toBaseVolume(trx, jobId);
  await settleRows(trx);
  await makeKey(trx, table, rows.withoutKey === 0);
  await trx.raw(`ANALYZE ${CHART_TABLE}`);
  return { duplicatesRemoved, adoptedRows: rows.count - duplicatesRemoved };
}

function renames(table: LegacyTable): string[] {
  return table.matched
    .filter(({ name, expected }) => name !== expected.name)
    .map(({ name, expected }) => `RENAME COLUMN ${quoteName(name)} TO ${expected.name}`);
}

function typeChanges(table: LegacyTable): string[] {
  return table.matched.flatMap(({ expected, verdict }) => {
    if (verdict.verdict !== 'convert') return [];
    const name = quoteName(expected.name);
    return [`ALTER COLUMN ${name} TYPE ${verdict.to} USING ${verdict.using(name)}`];
  });
}

function additions(table: LegacyTable): string[] {
  return table.missing.map(({ name, definition }) => `ADD COLUMN ${name} ${definition}`);
}

/** What a row gets that names not all columns, and room for the NULLs that chartctl writes. */
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

/** A column can only be renamed in a statement of its own; everything else rewrites the table once. */
async function alterTable(trx: Knex, actions: readonly string[]): Promise<void> {
  const isRename = actions[0]?.startsWith('RENAME') ?? false;
  const statements = isRename ? actions : [actions.join(', ')].filter((text) => text !== '');
  for (const statement of statements) await trx.raw(`ALTER TABLE ${CHART_TABLE} ${statement}`);
}

async function settleRows(trx: Knex): Promise<void> {
  await trx.raw(`
    UPDATE ${CHART_TABLE}
    SET iscomplete = false, hasmissingdata = coalesce(hasmissingdata, false), source = coalesce(source, 'BINANCE')
    WHERE iscomplete IS DISTINCT FROM false OR hasmissingdata IS NULL OR source IS NULL
  `);
}

async function makeKey(trx: Knex, table: LegacyTable, everyRowHasKey: boolean): Promise<void> {
  if (findReplaceableIndex(table)) await trx.raw(`DROP INDEX ${KEY_INDEX}`);
  await alterTable(trx, [
    ...(everyRowHasKey ? ['ALTER COLUMN symbol SET NOT NULL', 'ALTER COLUMN timestamp SET NOT NULL'] : []),
    `DROP CONSTRAINT IF EXISTS ${SOURCE_CHECK}`,
    `ADD CONSTRAINT ${SOURCE_CHECK} CHECK (source IN ('BINANCE', 'FALLBACK', 'BINANCE_BACKFILL'))`,
  ]);
}
