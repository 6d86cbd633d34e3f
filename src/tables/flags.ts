import { type Minute, MINUTE_MS } from '../core/minute.js';
import { hullOf, type MinuteRange } from '../core/range.js';
import { toArrayLiteral, toTimestampArrayLiteral } from '../database/format/text-format.js';
import { readStatementTime } from '../database/server-facts.js';
import type { Db, Transaction } from '../database/store.js';
import type { FlagRule } from '../quality/rules/rules.js';
import { EXTERNAL_FLAG_REASON, type FlagRecord } from '../rows/row-state.js';
import { CANDLE_SQL, CHART_TABLE, ON_MINUTE_SQL } from './rolling-chart-data/columns.js';

export const FLAGS_TABLE = 'chartctl_flags';

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

/** Records flags and sets `hasMissingData` of their rows. */
export async function raiseFlags(
  trx: Transaction,
  symbol: string,
  jobId: number,
  flags: readonly NewFlag[],
): Promise<void> {
  if (flags.length === 0) return;
  const minutes = flags.map((flag) => flag.openTime);
  await trx.raw(
    `INSERT INTO ${FLAGS_TABLE} (symbol, timestamp, rule, value, threshold, reason, state, kept, job_id, set_at)
     SELECT ?, v.timestamp, v.rule, v.value, v.threshold, v.reason, 'open', false, ?::bigint, ?::timestamptz
     FROM unnest(?::timestamptz[], ?::text[], ?::float8[], ?::float8[], ?::text[]) AS v(timestamp, rule, value, threshold, reason)
     ON CONFLICT (symbol, timestamp, rule) DO UPDATE SET value = EXCLUDED.value, threshold = EXCLUDED.threshold,
       reason = EXCLUDED.reason, state = EXCLUDED.state, kept = EXCLUDED.kept, job_id = EXCLUDED.job_id,
       set_at = EXCLUDED.set_at, settled_at = NULL, candle = NULL`,
    [
      symbol,
      jobId,
      await readStatementTime(trx),
      toTimestampArrayLiteral(minutes),
      toArrayLiteral(flags.map((flag) => flag.rule)),
      toArrayLiteral(flags.map((flag) => flag.value)),
      toArrayLiteral(flags.map((flag) => flag.threshold)),
      toArrayLiteral(flags.map((flag) => flag.reason)),
    ],
  );
  await setFlagged(trx, symbol, minutes, true);
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
  const rows = [symbol, ...toBounds(minutes)];
  const times = toTimestampArrayLiteral(minutes);
  const now = await readStatementTime(trx);
  await trx.raw(
    `INSERT INTO ${FLAGS_TABLE} (symbol, timestamp, rule, state, kept, reason, job_id, set_at)
     SELECT r.symbol, r.timestamp, '${EXTERNAL_RULE}', 'open', false, '${EXTERNAL_FLAG_REASON}', ?::bigint, ?::timestamptz
     FROM ${CHART_TABLE} r
     WHERE r.symbol = ? AND r.timestamp >= ? AND r.timestamp <= ? AND r.timestamp = ANY(?::timestamptz[]) AND NOT EXISTS (
       SELECT 1 FROM ${FLAGS_TABLE} f WHERE f.symbol = r.symbol AND f.timestamp = r.timestamp AND ${STANDING_SQL}
         AND f.symbol = ? AND f.timestamp >= ? AND f.timestamp <= ?)
     ON CONFLICT (symbol, timestamp, rule) DO UPDATE SET state = EXCLUDED.state, set_at = EXCLUDED.set_at`,
    [jobId, now, ...rows, times, ...rows],
  );
  await trx.raw(
    `UPDATE ${FLAGS_TABLE} f SET state = ?, kept = ?, reason = ?, job_id = ?::bigint, candle = ${CANDLE_SQL},
       settled_at = ?::timestamptz
     FROM ${CHART_TABLE} r
     WHERE f.symbol = ? AND f.timestamp >= ? AND f.timestamp <= ? AND f.timestamp = ANY(?::timestamptz[]) AND ${STANDING_SQL}
       AND r.symbol = f.symbol AND r.timestamp = f.timestamp AND r.symbol = ? AND r.timestamp >= ? AND r.timestamp <= ?`,
    [state, keepFlagged, reason, jobId, now, ...rows, times, ...rows],
  );
  if (!keepFlagged) await setFlagged(trx, symbol, minutes, false);
}

/** Of the flagged minutes of a symbol, those without a standing flag: other SQL than chartctl's flagged them. */
export async function selectExternallyFlagged(
  trx: Transaction,
  symbol: string,
  flagged: readonly Minute[],
): Promise<Minute[]> {
  if (flagged.length === 0) return [];
  const { rows } = await trx.raw<{ rows: { timestamp: Date }[] }>(
    `SELECT timestamp FROM ${FLAGS_TABLE} f
     WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? AND timestamp = ANY(?::timestamptz[]) AND ${STANDING_SQL}`,
    [symbol, ...toBounds(flagged), toTimestampArrayLiteral(flagged)],
  );
  const recorded = new Set(rows.map(({ timestamp }) => timestamp.getTime()));
  return flagged.filter((minute) => !recorded.has(minute)).sort((a, b) => a - b);
}

/** The flagged minutes of a symbol; with `exceptKept` without those whose candle was confirmed and kept flagged. */
export async function findFlagged(db: Db, symbol: string, options: { exceptKept: boolean }): Promise<Minute[]> {
  const { rows } = await db.raw<{ rows: { timestamp: Date }[] }>(
    `SELECT timestamp FROM ${CHART_TABLE} r WHERE symbol = ? AND hasmissingdata AND ${ON_MINUTE_SQL}
     ${options.exceptKept ? `AND NOT EXISTS (${KEPT_SQL})` : ''} ORDER BY timestamp`,
    options.exceptKept ? [symbol, symbol] : [symbol],
  );
  return rows.map((record) => record.timestamp.getTime());
}

/** The flags of row `r` that were settled for its present numbers and left it flagged. Parameter: symbol. */
const KEPT_SQL = `SELECT 1 FROM ${FLAGS_TABLE} f
  WHERE f.symbol = r.symbol AND f.timestamp = r.timestamp AND f.symbol = ? AND f.kept AND f.candle = ${CANDLE_SQL}`;

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
  await trx.raw(
    `DELETE FROM ${FLAGS_TABLE} WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? AND timestamp = ANY(?::timestamptz[])`,
    [symbol, ...toBounds(minutes), toTimestampArrayLiteral(minutes)],
  );
}

/** Deletes the flags of a symbol from a minute on, whose rows are removed; the audit log has a copy. */
export async function removeFlagsFrom(trx: Transaction, symbol: string, from: Minute): Promise<void> {
  await trx.raw(`DELETE FROM ${FLAGS_TABLE} WHERE symbol = ? AND timestamp >= ?`, [symbol, new Date(from)]);
}

async function setFlagged(
  trx: Transaction,
  symbol: string,
  minutes: readonly Minute[],
  isFlagged: boolean,
): Promise<void> {
  await trx.raw(
    `UPDATE ${CHART_TABLE} SET hasmissingdata = ?
     WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? AND timestamp = ANY(?::timestamptz[])
       AND hasmissingdata IS DISTINCT FROM ?`,
    [isFlagged, symbol, ...toBounds(minutes), toTimestampArrayLiteral(minutes), isFlagged],
  );
}

/** The first and the last minute. */
function toBounds(minutes: readonly Minute[]): [Date, Date] {
  const { from, to } = hullOf(minutes);
  return [new Date(from), new Date(to - MINUTE_MS)];
}

/** The number of flagged rows of a symbol, also by rule; a row that two rules flagged counts for both. */
export async function countFlags(db: Db, symbol: string): Promise<{ rows: number; byRule: Record<string, number> }> {
  const flagged = await db(CHART_TABLE).where({ symbol, hasmissingdata: true }).count<{ count: string }[]>();
  const count = Number(flagged[0]!.count);
  if (count === 0) return { rows: 0, byRule: {} };
  const { rows } = await db.raw<{ rows: { rule: string; rows: string }[] }>(
    `SELECT coalesce(f.rule, '${EXTERNAL_RULE}') AS rule, count(*) AS rows FROM ${CHART_TABLE} r
     LEFT JOIN ${FLAGS_TABLE} f ON f.symbol = r.symbol AND f.timestamp = r.timestamp AND f.symbol = ? AND ${STANDING_SQL}
     WHERE r.symbol = ? AND r.hasmissingdata GROUP BY 1 ORDER BY 1`,
    [symbol, symbol],
  );
  return {
    rows: count,
    byRule: Object.fromEntries(rows.map(({ rule, rows: ofRule }) => [rule, Number(ofRule)])),
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
         WHERE f.symbol = r.symbol AND f.timestamp = r.timestamp AND f.symbol = ? AND ${STANDING_SQL})
     ORDER BY 1, 2`,
    [...bounds, ...bounds, symbol],
  );
  return rows.map(({ timestamp, kept, ...flag }) => ({ ...flag, minute: timestamp.getTime(), isKept: kept }));
}
