import { hullOf } from '../core/range.js';
import type { Minute } from '../core/minute.js';
import { toTimestampArrayLiteral } from '../database/format/text-format.js';
import type { Transaction } from '../database/store.js';
import { answersCleanRule, answersDifference, selectUnanswered } from '../quality/select-new-flags.js';
import type { RecordedFlag } from '../rows/row-state.js';
import { FLAGS_TABLE, type NewFlag } from './flags.js';
import { CANDLE_SQL, CHART_TABLE } from './rolling-chart-data/columns.js';

/**
 * Of the flags that rules would raise, those that are new, in the same order.
 *
 * Left out are flags that are open already, and flags on rows with a settled flag whose numbers have not changed since.
 */
export async function selectNewFlags(trx: Transaction, symbol: string, flags: readonly NewFlag[]): Promise<NewFlag[]> {
  return selectUnanswered(flags, await findRecordedFlags(trx, symbol, flags), answersCleanRule);
}

/** Of the flags that a comparison with the exchange would raise, those that are new, in the same order. */
export async function selectNewDifferences(
  trx: Transaction,
  symbol: string,
  flags: readonly NewFlag[],
): Promise<NewFlag[]> {
  return selectUnanswered(flags, await findRecordedFlags(trx, symbol, flags), answersDifference);
}

/** The rows of flags to raise with each of their recorded flags; rows without one are in the result once. */
async function findRecordedFlags(
  trx: Transaction,
  symbol: string,
  flags: readonly { openTime: Minute }[],
): Promise<RecordedFlag[]> {
  if (flags.length === 0) return [];
  const minutes = flags.map(({ openTime }) => openTime);
  const { from, to } = hullOf(minutes);
  const bounds = [symbol, new Date(from), new Date(to)];
  const { rows } = await trx.raw<{
    rows: { timestamp: Date; rule: string | null; state: string | null; same: boolean | null; flagged: boolean }[];
  }>(
    `SELECT r.timestamp, f.rule, f.state, f.candle = ${CANDLE_SQL} AS same, r.hasmissingdata IS TRUE AS flagged
     FROM ${CHART_TABLE} r LEFT JOIN ${FLAGS_TABLE} f ON f.symbol = r.symbol AND f.timestamp = r.timestamp
       AND f.symbol = ? AND f.timestamp >= ? AND f.timestamp < ?
     WHERE r.symbol = ? AND r.timestamp >= ? AND r.timestamp < ? AND r.timestamp = ANY(?::timestamptz[])`,
    [...bounds, ...bounds, toTimestampArrayLiteral(minutes)],
  );
  return rows.map(({ timestamp, rule, state, same, flagged }) => {
    return { minute: timestamp.getTime(), rule, state, isOfCandle: same === true, isFlagged: flagged };
  });
}
