import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral, toTimestampArrayLiteral } from '../database/format/text-format.js';
import type { Db, Transaction } from '../database/store.js';
import type { FlagRule } from '../quality/rules/rules.js';
import { EXTERNAL_FLAG_REASON, type FlagRecord } from '../rows/row-state.js';
import { CANDLE_SQL, CHART_TABLE, ON_MINUTE_SQL } from './rolling-chart-data/columns.js';

const FLAGS_TABLE = 'chartctl_flags';

/** A row has this rule when `hasMissingData` was set by other SQL than chartctl's: no flag is recorded for it. */
export const EXTERNAL_RULE = 'external';

/** Whether flag `f` stands: it is open, or it was settled and the row stays flagged. */
export const STANDING_SQL = `(f.state = 'open' OR f.kept)`;

/** How a flag was settled. */
type Settlement = 'confirmed' | 'repaired' | 'accepted';

/** A flag to raise: the value that the rule measured, and the threshold that it exceeded. */
export interface NewFlag {
  openTime: Minute;
  rule: FlagRule;
  value: number | null;
  threshold: number | null;
  reason: string;
}

/**
 * Of the flags that rules would raise, those that are new, in the same order.
 *
 * Left out are flags that are open already, and flags on rows with a settled flag whose numbers have not changed since.
 * A flag of the rule `unsound` is left out only if a flag of that rule was settled.
 */
export function selectNewFlags(trx: Transaction, symbol: string, flags: readonly NewFlag[]): Promise<NewFlag[]> {
  return selectUnknown(
    trx,
    symbol,
    flags,
    `(f.rule = v.rule OR (f.state <> 'open' AND v.rule <> 'unsound'))
       AND CASE f.state WHEN 'open' THEN r.hasmissingdata ELSE f.candle = ${CANDLE_SQL} END`,
  );
}

/**
 * Of flags of stored rows, those that no recorded flag of the same row answers, in the same order.
 *
 * @param isKnown SQL over the flag to raise `v`, the row `r` and a recorded flag `f` of this row
 */
async function selectUnknown(
  trx: Transaction,
  symbol: string,
  flags: readonly NewFlag[],
  isKnown: string,
): Promise<NewFlag[]> {
  if (flags.length === 0) return [];
  const { rows } = await trx.raw<{ rows: { place: string }[] }>(
    `SELECT v.place FROM unnest(?::timestamptz[], ?::text[]) WITH ORDINALITY AS v(timestamp, rule, place)
     JOIN ${CHART_TABLE} r ON r.symbol = ? AND r.timestamp = v.timestamp
     WHERE NOT EXISTS (SELECT 1 FROM ${FLAGS_TABLE} f WHERE f.symbol = ? AND f.timestamp = v.timestamp AND ${isKnown})
     ORDER BY v.place`,
    [
      toTimestampArrayLiteral(flags.map((flag) => flag.openTime)),
      toArrayLiteral(flags.map((flag) => flag.rule)),
      symbol,
      symbol,
    ],
  );
  return rows.map((row) => flags[Number(row.place) - 1]!);
}

/** Records flags and sets `hasMissingData` of their rows. */
export async function raiseFlags(
  trx: Transaction,
  symbol: string,
  jobId: number,
  flags: readonly NewFlag[],
): Promise<void> {
  if (flags.length === 0) return;
  const times = toTimestampArrayLiteral(flags.map((flag) => flag.openTime));
  await trx.raw(
    `INSERT INTO ${FLAGS_TABLE} (symbol, timestamp, rule, value, threshold, reason, state, kept, job_id, set_at)
     SELECT ?, v.timestamp, v.rule, v.value, v.threshold, v.reason, 'open', false, ?::bigint, clock_timestamp()
     FROM unnest(?::timestamptz[], ?::text[], ?::float8[], ?::float8[], ?::text[]) AS v(timestamp, rule, value, threshold, reason)
     ON CONFLICT (symbol, timestamp, rule) DO UPDATE SET value = EXCLUDED.value, threshold = EXCLUDED.threshold,
       reason = EXCLUDED.reason, state = EXCLUDED.state, kept = EXCLUDED.kept, job_id = EXCLUDED.job_id,
       set_at = EXCLUDED.set_at, settled_at = NULL, candle = NULL`,
    [
      symbol,
      jobId,
      times,
      toArrayLiteral(flags.map((flag) => flag.rule)),
      toArrayLiteral(flags.map((flag) => flag.value)),
      toArrayLiteral(flags.map((flag) => flag.threshold)),
      toArrayLiteral(flags.map((flag) => flag.reason)),
    ],
  );
  await setFlagged(trx, symbol, times, true);
}

interface SettleOptions {
  symbol: string;
  jobId: number;
  state: Settlement;
  reason: string;
  /** Leaves `hasMissingData` set. */
  keepFlagged: boolean;
}

/**
 * Settles the standing flags of rows for the candles that are stored now. Call it after the candles were written.
 *
 * A row that was flagged by other SQL has no recorded flag and gets one, so that the settlement is recorded.
 *
 * @param minutes minutes of flagged rows; `hasMissingData` may have been cleared already
 */
export async function settleFlags(trx: Transaction, options: SettleOptions, minutes: readonly Minute[]): Promise<void> {
  if (minutes.length === 0) return;
  const { symbol, jobId, state, reason, keepFlagged } = options;
  const times = toTimestampArrayLiteral(minutes);
  const settlement = [state, keepFlagged, reason, jobId];
  await trx.raw(
    `INSERT INTO ${FLAGS_TABLE} (symbol, timestamp, rule, state, kept, reason, job_id, set_at)
     SELECT r.symbol, r.timestamp, '${EXTERNAL_RULE}', 'open', false, '${EXTERNAL_FLAG_REASON}', ?::bigint, clock_timestamp()
     FROM ${CHART_TABLE} r WHERE r.symbol = ? AND r.timestamp = ANY(?::timestamptz[]) AND NOT EXISTS (
       SELECT 1 FROM ${FLAGS_TABLE} f WHERE f.symbol = ? AND f.timestamp = r.timestamp AND ${STANDING_SQL})
     ON CONFLICT (symbol, timestamp, rule) DO UPDATE SET state = EXCLUDED.state, set_at = EXCLUDED.set_at`,
    [jobId, symbol, times, symbol],
  );
  await trx.raw(
    `UPDATE ${FLAGS_TABLE} f SET state = ?, kept = ?, reason = ?, job_id = ?::bigint, candle = ${CANDLE_SQL},
       settled_at = clock_timestamp()
     FROM ${CHART_TABLE} r
     WHERE f.symbol = ? AND r.symbol = ? AND f.timestamp = ANY(?::timestamptz[]) AND r.timestamp = f.timestamp
       AND ${STANDING_SQL}`,
    [...settlement, symbol, symbol, times],
  );
  if (!keepFlagged) await setFlagged(trx, symbol, times, false);
}

/** Of the flagged minutes of a symbol, those without a standing flag: other SQL than chartctl's flagged them. */
export async function selectExternallyFlagged(
  trx: Transaction,
  symbol: string,
  flagged: readonly Minute[],
): Promise<Minute[]> {
  if (flagged.length === 0) return [];
  const { rows } = await trx.raw<{ rows: { timestamp: Date }[] }>(
    `SELECT v.timestamp FROM unnest(?::timestamptz[]) AS v(timestamp) WHERE NOT EXISTS (
       SELECT 1 FROM ${FLAGS_TABLE} f WHERE f.symbol = ? AND f.timestamp = v.timestamp AND ${STANDING_SQL})
     ORDER BY v.timestamp`,
    [toTimestampArrayLiteral(flagged), symbol],
  );
  return rows.map((record) => record.timestamp.getTime());
}

/** The flagged minutes of a symbol; with `exceptKept` without those whose candle was confirmed and kept flagged. */
export async function findFlagged(db: Db, symbol: string, options: { exceptKept: boolean }): Promise<Minute[]> {
  const { rows } = await db.raw<{ rows: { timestamp: Date }[] }>(
    `SELECT timestamp FROM ${CHART_TABLE} r WHERE symbol = ? AND hasmissingdata AND ${ON_MINUTE_SQL}
       AND NOT (? AND EXISTS (SELECT 1 FROM ${FLAGS_TABLE} f
         WHERE f.symbol = ? AND f.timestamp = r.timestamp AND f.kept AND f.candle = ${CANDLE_SQL}))
     ORDER BY timestamp`,
    [symbol, options.exceptKept, symbol],
  );
  return rows.map((record) => record.timestamp.getTime());
}

/** The rules of the standing flags in a range, by minute. */
export async function findFlagRules(db: Db, symbol: string, range: MinuteRange): Promise<Map<Minute, string>> {
  const { rows } = await db.raw<{ rows: { timestamp: Date; rules: string }[] }>(
    `SELECT timestamp, string_agg(rule, ', ' ORDER BY rule) AS rules FROM ${FLAGS_TABLE} f
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND ${STANDING_SQL} GROUP BY timestamp`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(rows.map(({ timestamp, rules }) => [timestamp.getTime(), rules]));
}

/** Deletes the flags of minutes whose rows are removed; the audit log has a copy. */
export async function removeFlags(trx: Transaction, symbol: string, minutes: readonly Minute[]): Promise<void> {
  if (minutes.length === 0) return;
  const bounds = [new Date(minutes[0]!), new Date(minutes.at(-1)!)];
  await trx.raw(
    `DELETE FROM ${FLAGS_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? AND timestamp = ANY(?::timestamptz[])`,
    [symbol, ...bounds, toTimestampArrayLiteral(minutes)],
  );
}

/** Deletes the flags of a symbol from a minute on, whose rows are removed; the audit log has a copy. */
export async function removeFlagsFrom(trx: Transaction, symbol: string, from: Minute): Promise<void> {
  await trx.raw(`DELETE FROM ${FLAGS_TABLE} WHERE symbol = ? AND timestamp >= ?`, [symbol, new Date(from)]);
}

async function setFlagged(trx: Transaction, symbol: string, times: string, isFlagged: boolean): Promise<void> {
  await trx.raw(
    `UPDATE ${CHART_TABLE} SET hasmissingdata = ?
     WHERE symbol = ? AND timestamp = ANY(?::timestamptz[]) AND hasmissingdata IS DISTINCT FROM ?`,
    [isFlagged, symbol, times, isFlagged],
  );
}

/**
 * Of the flags that a comparison with the exchange would raise, those that are new, in the same order.
 *
 * Left out are flags that are open already, and flags whose row was accepted with the numbers that it still has. An
 * earlier confirmation by the exchange does not count, because the exchange now returns other numbers.
 */
export function selectNewDifferences(trx: Transaction, symbol: string, flags: readonly NewFlag[]): Promise<NewFlag[]> {
  return selectUnknown(
    trx,
    symbol,
    flags,
    `f.rule = v.rule AND ((f.state = 'open' AND r.hasmissingdata) OR (f.state = 'accepted' AND f.candle = ${CANDLE_SQL}))`,
  );
}

/** The number of flagged rows of a symbol, also by rule; a row that two rules flagged counts for both. */
export async function countFlags(db: Db, symbol: string): Promise<{ rows: number; byRule: Record<string, number> }> {
  const { rows } = await db.raw<{ rows: { rule: string; rows: string }[] }>(
    `SELECT coalesce(f.rule, '${EXTERNAL_RULE}') AS rule, count(*) AS rows FROM ${CHART_TABLE} r
     LEFT JOIN ${FLAGS_TABLE} f ON f.symbol = ? AND f.timestamp = r.timestamp AND ${STANDING_SQL}
     WHERE r.symbol = ? AND r.hasmissingdata GROUP BY 1 ORDER BY 1`,
    [symbol, symbol],
  );
  const flagged = await db(CHART_TABLE).where({ symbol, hasmissingdata: true }).count<{ count: string }[]>();
  return {
    rows: Number(flagged[0]!.count),
    byRule: Object.fromEntries(rows.map(({ rule, rows: count }) => [rule, Number(count)])),
  };
}

/** The flags of a range, open and settled, and its rows that are flagged without one; ordered by time. */
export async function findFlagsIn(trx: Transaction, symbol: string, range: MinuteRange): Promise<FlagRecord[]> {
  const bounds = [symbol, new Date(range.from), new Date(range.to)];
  const { rows } = await trx.raw<{
    rows: (Omit<FlagRecord, 'minute' | 'isKept'> & { timestamp: Date; kept: boolean })[];
  }>(
    `SELECT timestamp, rule, value, threshold, state, kept, reason FROM ${FLAGS_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ?
     UNION ALL
     SELECT timestamp, '${EXTERNAL_RULE}', NULL, NULL, 'open', false, '${EXTERNAL_FLAG_REASON}'
     FROM ${CHART_TABLE} r WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND hasmissingdata AND ${ON_MINUTE_SQL}
       AND NOT EXISTS (SELECT 1 FROM ${FLAGS_TABLE} f
         WHERE f.symbol = ? AND f.timestamp = r.timestamp AND ${STANDING_SQL})
     ORDER BY 1, 2`,
    [...bounds, ...bounds, symbol],
  );
  return rows.map(({ timestamp, kept, ...flag }) => ({ ...flag, minute: timestamp.getTime(), isKept: kept }));
}
