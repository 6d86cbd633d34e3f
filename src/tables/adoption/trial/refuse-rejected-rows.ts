import { findErrorCode } from '../../../database/connection/database-failure.js';
import type { Transaction } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { quoteName } from '../legacy-table.js';
import { findTriggers, toDisableSql } from '../obstacles/platform-triggers.js';
import type { Refusal } from '../refusal.js';
import { type RejectedRow, tryRows } from './try-rows.js';

const MAX_CAUSES = 20;

/**
 * Refuses the constraints, triggers and rules of an adopted table that reject, change or drop the rows of chartctl.
 *
 * They are found by writing a row of each kind, with what was found before removed. The savepoints undo everything.
 */
export async function refuseRejectedRows(trx: Transaction): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  const removals: string[] = [];
  while (refusals.length < MAX_CAUSES) {
    const rejected = await tryRows(trx, removals);
    if (!rejected) return refusals;
    const cause = await findCause(trx, rejected, removals);
    const subject = cause?.name ?? 'the database';
    refusals.push({
      problem: `${subject} does not keep the rows that chartctl writes: ${rejected.what} ${rejected.outcome}`,
      remedy: cause ? cause.remedy : '-- remove what the message names',
    });
    if (!cause) return refusals;
    removals.push(...cause.removals);
  }
  return refusals;
}

/** What rejects a row, and the SQL that stops it. */
interface Cause {
  name: string;
  removals: string[];
  remedy: string;
}

async function findCause(
  trx: Transaction,
  { error }: RejectedRow,
  removals: readonly string[],
): Promise<Cause | undefined> {
  return (error === undefined ? undefined : await findConstraint(trx, error)) ?? (await findTrigger(trx, removals));
}

/** The constraint, unique index, or column that a server's error names. */
async function findConstraint(trx: Transaction, error: unknown): Promise<Cause | undefined> {
  const { constraint, column } = error as { constraint?: string; column?: string };
  const code = findErrorCode(error);
  if (code === '42501') {
    const remedy = `ALTER TABLE ${CHART_TABLE} NO FORCE ROW LEVEL SECURITY;`;
    return { name: 'row-level security', removals: [remedy], remedy };
  }
  if (code === '23502' && column) {
    const remedy = `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${quoteName(column)} DROP NOT NULL;`;
    return { name: `the column ${quoteName(column)}`, removals: [remedy], remedy };
  }
  if (!code?.startsWith('23')) return undefined;
  return (await findNamedConstraint(trx, constraint ?? '')) ?? (await findDomain(trx, error));
}

async function findNamedConstraint(trx: Transaction, name: string): Promise<Cause | undefined> {
  const { rows } = await trx.raw<{ rows: { kind: string; definition: string }[] }>(
    `SELECT 'constraint' AS kind, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conrelid = to_regclass('${CHART_TABLE}') AND conname = :name
     UNION ALL
     SELECT 'index', pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE indrelid = to_regclass('${CHART_TABLE}') AND relname = :name LIMIT 1`,
    { name },
  );
  const [row] = rows;
  if (!row) return undefined;
  const quoted = quoteName(name);
  const removal =
    row.kind === 'constraint' ? `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoted};` : `DROP INDEX ${quoted};`;
  return {
    name: `the ${row.kind} ${quoted}`,
    removals: [removal],
    remedy: `${removal}    -- it was: ${row.definition.replaceAll('\n', '\n--   ')}`,
  };
}

/** A domain whose NOT NULL or CHECK rejects the value that rows of chartctl leave out. */
async function findDomain(trx: Transaction, error: unknown): Promise<Cause | undefined> {
  const { 'data type_name': domain } = error as { 'data type_name'?: string };
  if (!domain) return undefined;
  const { rows } = await trx.raw<{ rows: { name: string; base: string }[] }>(
    `SELECT a.attname AS name, format_type(t.typbasetype, t.typtypmod) AS base FROM pg_attribute a
     JOIN pg_type t ON t.oid = a.atttypid AND t.typtype = 'd' AND t.typname = ?
     WHERE a.attrelid = to_regclass('${CHART_TABLE}') AND NOT a.attisdropped`,
    [domain],
  );
  if (rows.length === 0) return undefined;
  const removals = rows.map(
    ({ name, base }) => `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${quoteName(name)} TYPE ${base};`,
  );
  return { name: `the domain ${quoteName(domain)}`, removals, remedy: removals.join(' ') };
}

/** The trigger or rule without which the rows are kept, or all of them if no single one is the cause. */
async function findTrigger(trx: Transaction, removals: readonly string[]): Promise<Cause | undefined> {
  const triggers = (await findTriggers(trx)).filter((trigger) => !removals.includes(toDisableSql(trigger)));
  const before = await tryRows(trx, removals);
  const describe = (chosen: typeof triggers): Cause => ({
    name: chosen.map(({ kind, name }) => `the ${kind.toLowerCase()} ${quoteName(name)}`).join(', '),
    removals: chosen.map(toDisableSql),
    remedy: chosen.map(toDisableSql).join(' '),
  });
  for (const trigger of triggers) {
    const after = await tryRows(trx, [...removals, toDisableSql(trigger)]);
    if (!after || after.what !== before?.what || after.outcome !== before.outcome) return describe([trigger]);
  }
  if (triggers.length === 0) return undefined;
  return (await tryRows(trx, [...removals, ...triggers.map(toDisableSql)])) ? undefined : describe(triggers);
}
