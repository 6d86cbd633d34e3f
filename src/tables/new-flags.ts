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

interface RecordedFlagImage {
  rule: string;
  state: string;
  /** Whether it was settled for the numbers that the row has now. */
  same: boolean | null;
}

/**
 * Joins to each row `r` its recorded flags; null without any. Parameters: symbol, and a range. One index look-up a row: while
 * the tables have no statistics, a join of the two is planned as a loop over all pairs of rows.
 */
const JOIN_RECORDED_SQL = `LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('rule', g.rule, 'state', g.state, 'same', g.candle = ${CANDLE_SQL})) AS flags
       FROM ${FLAGS_TABLE} g
       WHERE g.symbol = ? AND g.timestamp >= ? AND g.timestamp < ? AND g.timestamp = r.timestamp) f ON true`;

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
  const { rows } = await trx.raw<{ rows: { timestamp: Date; flagged: boolean; flags: RecordedFlagImage[] | null }[] }>(
    `SELECT r.timestamp, r.hasmissingdata IS TRUE AS flagged, f.flags FROM ${CHART_TABLE} r
     ${JOIN_RECORDED_SQL}
     WHERE r.symbol = ? AND r.timestamp >= ? AND r.timestamp < ? AND r.timestamp = ANY(?::timestamptz[])`,
    [...bounds, ...bounds, toTimestampArrayLiteral(minutes)],
  );
  return rows.flatMap(({ timestamp, flagged, flags }): RecordedFlag[] => {
    const row = { minute: timestamp.getTime(), isFlagged: flagged };
    if (flags === null) return [{ ...row, rule: null, state: null, isOfCandle: false }];
    return flags.map(({ rule, state, same }) => ({ ...row, rule, state, isOfCandle: same === true }));
  });
}
