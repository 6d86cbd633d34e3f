import { Failure } from '../../../core/failure.js';
import { findErrorCode } from '../../../database/connection/database-failure.js';
import type { Db } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { findFreeName } from '../free-name.js';

/** The table for the rows that are not adopted; a number is appended when the name is in use. */
const SET_ASIDE_TABLE = `${CHART_TABLE}_set_aside`;

/** SQLSTATE of a condition that PostgreSQL does not accept, or that fails for a row. */
const REFUSED_CONDITION = /^(0A|21|22|25006|42|P0)/;

/** The rows to adopt as an item of FROM: those for which the condition is true, or the whole table. */
export function fromAdoptedRows(condition: string | undefined): string {
  if (condition === undefined) return CHART_TABLE;
  return `(SELECT * FROM ${CHART_TABLE} WHERE ${isTrue(condition)}) AS adopted`;
}

/** The condition as one operand for Knex; the line break ends a comment in it. */
function isTrue(condition: string): string {
  return `((${condition.replaceAll('?', '\\?')}\n) IS TRUE)`;
}

/**
 * Counts the rows that a condition of the user leaves out.
 *
 * @throws Failure (usage) when PostgreSQL does not accept the condition, or when no row satisfies it
 */
export async function countSetAside(db: Db, condition: string): Promise<number> {
  const { adopted, all } = await evaluate(db, condition);
  if (adopted > 0 || all === 0) return all - adopted;
  throw new Failure('usage', `no row of ${CHART_TABLE} satisfies --where ${JSON.stringify(condition)}`, {
    hint: `expected a condition that is true for the rows to adopt, such as "interval = '1m'"`,
    code: 'BAD_CONDITION',
  });
}

async function evaluate(db: Db, condition: string): Promise<{ adopted: number; all: number }> {
  try {
    // a bound value makes the server refuse more than one statement
    const { rows } = await db.raw<{ rows: { adopted: string; all: string }[] }>(
      `SELECT count(*) FILTER (WHERE ${isTrue(condition)}) AS adopted, count(*) AS all FROM ${CHART_TABLE} WHERE ?::boolean`,
      [true],
    );
    return { adopted: Number(rows[0]!.adopted), all: Number(rows[0]!.all) };
  } catch (error) {
    if (!(error instanceof Error) || !REFUSED_CONDITION.test(findErrorCode(error) ?? '')) throw error;
    const { serverMessage } = error as { serverMessage?: unknown };
    const reason = typeof serverMessage === 'string' ? serverMessage : error.message;
    throw new Failure('usage', `--where ${JSON.stringify(condition)} was not understood: ${reason}`, {
      hint: `expected an SQL condition on the columns of ${CHART_TABLE}, such as "interval = '1m'"`,
      code: 'BAD_CONDITION',
      cause: error,
    });
  }
}

/** The name that the table of the rows that are left out gets. */
export function findSetAsideName(db: Db): Promise<string> {
  return findFreeName(db, SET_ASIDE_TABLE);
}

/**
 * Moves the rows that do not satisfy the condition, with all their columns, to a new table.
 *
 * @param expected the number of rows that the plan counted
 * @throws Failure when another number of rows was moved: the condition is not the same for a row each time, or a
 *   trigger keeps rows
 */
export async function setRowsAside(
  trx: Db,
  { condition, table, expected }: { condition: string; table: string; expected: number },
): Promise<void> {
  await trx.raw(`CREATE TABLE ${table} AS SELECT * FROM ${CHART_TABLE} WITH NO DATA`);
  const { rows } = await trx.raw<{ rows: { moved: string }[] }>(`
    WITH removed AS (DELETE FROM ${CHART_TABLE} WHERE NOT ${isTrue(condition)} RETURNING *),
      moved AS (INSERT INTO ${table} SELECT * FROM removed RETURNING 1)
    SELECT count(*) AS moved FROM moved`);
  const moved = Number(rows[0]!.moved);
  if (moved !== expected) {
    throw new Failure('failed', `--where left out ${expected} rows, but ${moved} could be moved to ${table}`, {
      hint: 'expected a condition that is the same each time, and no trigger that keeps rows from being deleted',
      code: 'BAD_CONDITION',
    });
  }
  const comment = `Rows of ${CHART_TABLE} that chartctl migrate did not adopt, as they were: those for which this is not true: ${condition}`;
  await trx.raw(`COMMENT ON TABLE ${table} IS '${comment.replaceAll("'", "''").replaceAll('?', '\\?')}'`);
}
