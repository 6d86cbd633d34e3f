import { CANDLE_FIELDS } from '../../../core/candle.js';
import { MINUTE_MS } from '../../../core/minute.js';
import { findErrorCode } from '../../../database/connection/database-failure.js';
import { readDatabaseClock } from '../../../database/server-facts.js';
import type { Transaction } from '../../../database/store.js';
import type { ChartRow } from '../../../rows/chart-row.js';
import { toBlock } from '../../../rows/row-block.js';
import { findRows } from '../../rolling-chart-data/read-rows.js';
import { CANDLE_UPDATE_COLUMNS, insertBlocks, removeRows, updateBlock } from '../../rolling-chart-data/write-rows.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { TRIAL_ROWS, type TrialRow, UNUSED_SYMBOLS } from './trial-rows.js';

/** What the table did with a row of chartctl. */
export interface RejectedRow {
  /** The kind of the row, and the statement. */
  what: string;
  /** What happened to it, in the words of a message. */
  outcome: string;
  /** The server's error, unless the row was changed or dropped silently. */
  error: unknown;
}

/** Consecutive minutes of one symbol that have no row. */
interface FreeStretch {
  symbol: string;
  from: number;
}

/**
 * Inserts, updates and deletes a row of each kind with the statements of the jobs, under a savepoint, and undoes it.
 *
 * Each kind is tried in two consecutive minutes, of a symbol that is not in the table and of one that is.
 *
 * @param preparation SQL to run before, undone as well
 * @returns the first row that was rejected, changed or dropped; undefined when there is none
 */
export async function tryRows(trx: Transaction, preparation: readonly string[]): Promise<RejectedRow | undefined> {
  const stretches = await findFreeStretches(trx);
  return underSavepoint(trx, async () => {
    for (const sql of preparation) await trx.raw(sql.replaceAll('?', '\\?'));
    for (const stretch of stretches) {
      // all kinds at once; one by one only to name the kind
      if (!(await underSavepoint(trx, () => tryKinds(trx, stretch, TRIAL_ROWS)))) continue;
      for (const kind of TRIAL_ROWS) {
        const rejected = await underSavepoint(trx, () => tryKinds(trx, stretch, [kind]));
        if (rejected) return rejected;
      }
      return underSavepoint(trx, () => tryKinds(trx, stretch, TRIAL_ROWS));
    }
    return underSavepoint(trx, () => tryStoredRows(trx));
  });
}

/** Runs `work` and undoes everything that it did, also when it fails. */
async function underSavepoint<T>(trx: Transaction, work: () => Promise<T>): Promise<T> {
  await trx.raw('SAVEPOINT chartctl_trial');
  try {
    return await work();
  } finally {
    await trx.raw('ROLLBACK TO SAVEPOINT chartctl_trial; RELEASE SAVEPOINT chartctl_trial');
  }
}

/** Minutes up to now for a new symbol, and minutes without rows for one that is there. */
async function findFreeStretches(trx: Transaction): Promise<FreeStretch[]> {
  const length = 2 * TRIAL_ROWS.length * MINUTE_MS;
  const now = Math.floor((await readDatabaseClock(trx)).getTime() / MINUTE_MS) * MINUTE_MS;
  const { rows: taken } = await trx.raw<{ rows: { symbol: string }[] }>(
    `SELECT DISTINCT symbol FROM ${CHART_TABLE} WHERE symbol = ANY (?::text[])`,
    [[...UNUSED_SYMBOLS]],
  );
  const unused = UNUSED_SYMBOLS.find((name) => !taken.some(({ symbol }) => symbol === name));
  const { rows } = await trx.raw<{ rows: { symbol: string; time: Date }[] }>(
    `SELECT symbol, timestamp AS time FROM ${CHART_TABLE}
     WHERE symbol IS NOT NULL AND timestamp < ? AND isfinite(timestamp) ORDER BY timestamp DESC LIMIT 1`,
    [new Date(now)],
  );
  const [newest] = rows;
  const first = newest && newest.time.getTime() >= now - length ? await findFirst(trx, newest.symbol) : null;
  const end = first ? Math.floor(first.getTime() / MINUTE_MS) * MINUTE_MS : now;
  return [
    ...(unused === undefined ? [] : [{ symbol: unused, from: now - length }]),
    ...(newest === undefined ? [] : [{ symbol: newest.symbol, from: end - length }]),
  ];
}

async function findFirst(trx: Transaction, symbol: string): Promise<Date | null> {
  const { rows } = await trx.raw<{ rows: { first: Date | null }[] }>(
    `SELECT min(timestamp) AS first FROM ${CHART_TABLE} WHERE symbol = ? AND isfinite(timestamp)`,
    [symbol],
  );
  return rows[0]!.first;
}

async function tryKinds(
  trx: Transaction,
  { symbol, from }: FreeStretch,
  kinds: readonly TrialRow[],
): Promise<RejectedRow | undefined> {
  const rows = toRows(kinds, from);
  const others = toRows([...kinds.slice(1), kinds[0]!], from);
  const range = { from, to: from + rows.length * MINUTE_MS };
  const compare = async (expected: readonly ChartRow[]) => findDifference(expected, await findRows(trx, symbol, range));
  const subject = kinds.length === 1 ? kinds[0]!.what : 'a row';
  return (
    (await attempt(`${subject} of ${symbol}, inserted,`, async () => {
      await insertBlocks(trx, [toPart(symbol, rows)]);
      return compare(rows);
    })) ??
    (await attempt(`${subject} of ${symbol}, updated,`, async () => {
      await updateBlock(trx, CANDLE_UPDATE_COLUMNS, toPart(symbol, others));
      return compare(others);
    })) ??
    (await attempt(`${subject} of ${symbol}, deleted,`, async () => {
      await removeRows(
        trx,
        symbol,
        rows.map(({ openTime }) => openTime),
      );
      return (await findRows(trx, symbol, range)).length === 0 ? undefined : 'is still there';
    }))
  );
}

/** Flags the oldest and the newest row: a trigger may protect rows of a certain age. */
async function tryStoredRows(trx: Transaction): Promise<RejectedRow | undefined> {
  const { rows } = await trx.raw<{ rows: { symbol: string; time: string; flagged: boolean | null }[] }>(
    ['ASC', 'DESC']
      .map(
        (order) =>
          `(SELECT symbol, timestamp::text AS time, hasmissingdata AS flagged FROM ${CHART_TABLE} WHERE symbol IS NOT NULL AND timestamp IS NOT NULL ORDER BY timestamp ${order} LIMIT 1)`,
      )
      .join(' UNION ALL '),
  );
  // as text, because a Date has no microseconds
  for (const { symbol, time, flagged } of rows) {
    const rejected = await attempt(`the stored row of ${symbol} at ${time}, flagged,`, async () => {
      const updated = await trx.raw<{ rows: { flagged: boolean }[] }>(
        `UPDATE ${CHART_TABLE} SET hasmissingdata = ? WHERE symbol = ? AND timestamp = ?::timestamptz RETURNING hasmissingdata AS flagged`,
        [!flagged, symbol, time],
      );
      return updated.rows[0]?.flagged === !flagged ? undefined : 'is not changed';
    });
    if (rejected) return rejected;
  }
  return undefined;
}

/** Each kind twice, one row a minute. */
function toRows(kinds: readonly TrialRow[], from: number): ChartRow[] {
  return [...kinds, ...kinds].map((row, i) => ({ ...row, openTime: from + i * MINUTE_MS }));
}

function toPart(symbol: string, rows: readonly ChartRow[]) {
  return { symbol, block: toBlock(rows), indices: rows.map((_, i) => i) };
}

async function attempt(what: string, work: () => Promise<string | undefined>): Promise<RejectedRow | undefined> {
  try {
    const outcome = await work();
    return outcome === undefined ? undefined : { what, outcome, error: undefined };
  } catch (error) {
    if (findErrorCode(error) === undefined) throw error;
    const { serverMessage, detail } = error as { serverMessage?: string; detail?: string };
    return { what, outcome: `is rejected: ${[serverMessage, detail].filter(Boolean).join('; ')}`, error };
  }
}

const COMPARED = [...CANDLE_FIELDS, 'source', 'hasMissingData', 'isComplete'] as const;

/** What differs between the rows that were written and those that are stored. */
function findDifference(expected: readonly ChartRow[], found: readonly ChartRow[]): string | undefined {
  if (found.length < expected.length) return 'is dropped';
  for (const [i, row] of expected.entries()) {
    const wanted = flatten(row);
    const actual = flatten(found[i]!);
    const name = Object.keys(wanted).find((key) => wanted[key] !== actual[key]);
    if (name !== undefined) return `is changed: ${name} becomes ${actual[name]}, expected ${wanted[name]}`;
  }
  return undefined;
}

function flatten({ indicators, openTime, writtenAt, ...row }: ChartRow): Record<string, string> {
  const all: Record<string, unknown> = {
    ...Object.fromEntries(COMPARED.map((name) => [name, row[name]])),
    ...indicators,
    timestamp: new Date(openTime).toISOString(),
    written_at: writtenAt?.toISOString(),
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, toText(value)]));
}

function toText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? String(value) : 'NULL';
}
