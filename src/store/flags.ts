import type { Knex } from 'knex';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral } from './array-literal.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './chart-columns.js';

const FLAGS_TABLE = 'chartctl_flags';

/** Which rule flagged a row; `external`: somebody's SQL set `hasMissingData`. */
export type FlagRule = 'unsound' | 'volume_spike' | 'external';

/** How a flag was lifted. */
export type Settlement = 'confirmed' | 'repaired' | 'accepted';

/** A flag to raise. `value` is the row's volume: the number that a later settlement vouches for. */
export interface NewFlag {
  openTime: Minute;
  rule: FlagRule;
  value: number | null;
  threshold: number | null;
  reason: string;
}

/** A row that a rule looks at, with its volume and the candle that the rule describes. */
export interface FlagCandidate {
  openTime: Minute;
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  volume: number | null;
}

/** Remembers why rows are flagged and marks them. */
export async function raiseFlags(
  trx: Knex.Transaction,
  symbol: string,
  jobId: number,
  flags: readonly NewFlag[],
): Promise<void> {
  if (flags.length === 0) return;
  await trx.raw(
    `INSERT INTO ${FLAGS_TABLE} (symbol, timestamp, rule, value, threshold, reason, state, kept, job_id, set_at)
     SELECT ?, v.timestamp, v.rule, v.value, v.threshold, v.reason, 'open', false, ?::bigint, clock_timestamp()
     FROM unnest(?::timestamptz[], ?::text[], ?::float8[], ?::float8[], ?::text[]) AS v(timestamp, rule, value, threshold, reason)
     ON CONFLICT (symbol, timestamp, rule) DO UPDATE SET value = EXCLUDED.value, threshold = EXCLUDED.threshold,
       reason = EXCLUDED.reason, state = EXCLUDED.state, kept = EXCLUDED.kept, job_id = EXCLUDED.job_id,
       set_at = EXCLUDED.set_at, settled_at = NULL`,
    [
      symbol,
      jobId,
      toArrayLiteral(flags.map((flag) => new Date(flag.openTime))),
      toArrayLiteral(flags.map((flag) => flag.rule)),
      toArrayLiteral(flags.map((flag) => flag.value)),
      toArrayLiteral(flags.map((flag) => flag.threshold)),
      toArrayLiteral(flags.map((flag) => flag.reason)),
    ],
  );
  await setFlagged(trx, symbol, timesOf(flags.map((flag) => flag.openTime)), true);
}

/** How the open flags of some rows are settled. */
export interface SettleOptions {
  symbol: string;
  jobId: number;
  state: Settlement;
  reason: string;
  /** The rows stay flagged all the same. */
  keepFlagged: boolean;
}

/**
 * Settles the open flags of rows; their volume as it stands now is what was vouched for.
 *
 * A flag that somebody's SQL set has no record: it gets one, so that it is known who vouched. Call it after the
 * rows' candles were written.
 */
export async function settleFlags(
  trx: Knex.Transaction,
  options: SettleOptions,
  minutes: readonly Minute[],
): Promise<void> {
  if (minutes.length === 0) return;
  const { symbol, jobId, state, reason, keepFlagged } = options;
  const times = timesOf(minutes);
  const settlement = [state, keepFlagged, reason, jobId];
  await trx.raw(
    `INSERT INTO ${FLAGS_TABLE} (symbol, timestamp, rule, value, state, kept, reason, job_id, set_at)
     SELECT r.symbol, r.timestamp, 'external', r.volume, 'open', false, 'hasMissingData was set outside chartctl', ?::bigint, clock_timestamp()
     FROM ${CHART_TABLE} r WHERE r.symbol = ? AND r.timestamp = ANY(?::timestamptz[]) AND r.hasmissingdata
       AND NOT EXISTS (SELECT 1 FROM ${FLAGS_TABLE} f WHERE f.symbol = ? AND f.timestamp = r.timestamp AND f.state = 'open')
     ON CONFLICT (symbol, timestamp, rule) DO UPDATE SET state = EXCLUDED.state, set_at = EXCLUDED.set_at`,
    [jobId, symbol, times, symbol],
  );
  await trx.raw(
    `UPDATE ${FLAGS_TABLE} f SET state = ?, kept = ?, reason = ?, job_id = ?::bigint, value = r.volume, settled_at = clock_timestamp()
     FROM ${CHART_TABLE} r
     WHERE f.symbol = ? AND r.symbol = ? AND f.timestamp = ANY(?::timestamptz[]) AND r.timestamp = f.timestamp
       AND (f.state = 'open' OR f.kept)`,
    [...settlement, symbol, symbol, times],
  );
  if (!keepFlagged) await setFlagged(trx, symbol, times, false);
}

/** The unsound rows of a symbol that are neither flagged nor accepted as they stand. */
export function findUnsound(trx: Knex.Transaction, symbol: string): Promise<FlagCandidate[]> {
  return findCandidates(trx, symbol, `NOT ${SOUND_SQL}`, [], `f.rule = 'unsound'`);
}

/** The rows of a symbol with `volume > threshold` that are neither flagged nor vouched for with this volume. */
export function findVolumesAbove(trx: Knex.Transaction, symbol: string, threshold: number): Promise<FlagCandidate[]> {
  return findCandidates(trx, symbol, `volume > ? AND volume < 'Infinity'`, [threshold], 'true');
}

/** The rows that somebody's SQL flagged: flagged without an open or a kept record. */
export function findExternallyFlagged(trx: Knex.Transaction, symbol: string): Promise<FlagCandidate[]> {
  return selectCandidates(
    trx,
    `SELECT timestamp, open, high, low, close, volume FROM ${CHART_TABLE} r
     WHERE symbol = ? AND hasmissingdata AND ${ON_MINUTE_SQL} AND NOT EXISTS (
       SELECT 1 FROM ${FLAGS_TABLE} f WHERE f.symbol = ? AND f.timestamp = r.timestamp AND (f.state = 'open' OR f.kept))
     ORDER BY timestamp`,
    [symbol, symbol],
  );
}

/** The flagged minutes of a symbol, whoever flagged them; on request without those that are confirmed and kept flagged. */
export async function findFlagged(db: Knex, symbol: string, options: { exceptKept: boolean }): Promise<Minute[]> {
  const { rows } = await db.raw<{ rows: { timestamp: Date }[] }>(
    `SELECT timestamp FROM ${CHART_TABLE} r WHERE symbol = ? AND hasmissingdata AND ${ON_MINUTE_SQL}
       AND NOT (? AND EXISTS (SELECT 1 FROM ${FLAGS_TABLE} f
         WHERE f.symbol = ? AND f.timestamp = r.timestamp AND f.kept AND f.value IS NOT DISTINCT FROM r.volume))
     ORDER BY timestamp`,
    [symbol, options.exceptKept, symbol],
  );
  return rows.map((record) => record.timestamp.getTime());
}

/** By minute, the rules that have an open or a kept flag in a range. */
export async function findFlagRules(db: Knex, symbol: string, range: MinuteRange): Promise<Map<Minute, string>> {
  const { rows } = await db.raw<{ rows: { timestamp: Date; rules: string }[] }>(
    `SELECT timestamp, string_agg(rule, ', ' ORDER BY rule) AS rules FROM ${FLAGS_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND (state = 'open' OR kept) GROUP BY timestamp`,
    [symbol, new Date(range.from), new Date(range.to)],
  );
  return new Map(rows.map(({ timestamp, rules }) => [timestamp.getTime(), rules]));
}

/** Mean and sample standard deviation over the volumes of all the symbol's rows that are a volume at all. */
export async function findVolumeStatistics(
  trx: Knex.Transaction,
  symbol: string,
): Promise<{ mean: number; stddev: number } | null> {
  const { rows } = await trx.raw<{ rows: { mean: number | null; stddev: number | null }[] }>(
    `SELECT avg(volume) AS mean, stddev(volume) AS stddev FROM ${CHART_TABLE}
     WHERE symbol = ? AND volume >= 0 AND volume < 'Infinity'`,
    [symbol],
  );
  const { mean, stddev } = rows[0]!;
  return mean === null || stddev === null ? null : { mean, stddev };
}

/** Rows that a rule names and that are not flagged, but for those whose settled flag vouches for the same volume. */
function findCandidates(
  trx: Knex.Transaction,
  symbol: string,
  condition: string,
  bindings: readonly number[],
  settledRule: string,
): Promise<FlagCandidate[]> {
  return selectCandidates(
    trx,
    `SELECT timestamp, open, high, low, close, volume FROM ${CHART_TABLE} r
     WHERE symbol = ? AND hasmissingdata IS NOT TRUE AND ${ON_MINUTE_SQL} AND ${condition} AND NOT EXISTS (
       SELECT 1 FROM ${FLAGS_TABLE} f WHERE f.symbol = ? AND f.timestamp = r.timestamp AND f.state <> 'open'
         AND f.value IS NOT DISTINCT FROM r.volume AND ${settledRule})
     ORDER BY timestamp`,
    [symbol, ...bindings, symbol],
  );
}

async function selectCandidates(
  trx: Knex.Transaction,
  sql: string,
  bindings: readonly (string | number)[],
): Promise<FlagCandidate[]> {
  const { rows } = await trx.raw<{ rows: (Omit<FlagCandidate, 'openTime'> & { timestamp: Date })[] }>(sql, bindings);
  return rows.map(({ timestamp, ...candle }) => ({ openTime: timestamp.getTime(), ...candle }));
}

async function setFlagged(trx: Knex.Transaction, symbol: string, times: string, isFlagged: boolean): Promise<void> {
  await trx.raw(`UPDATE ${CHART_TABLE} SET hasmissingdata = ? WHERE symbol = ? AND timestamp = ANY(?::timestamptz[])`, [
    isFlagged,
    symbol,
    times,
  ]);
}

function timesOf(minutes: readonly Minute[]): string {
  return toArrayLiteral(minutes.map((minute) => new Date(minute)));
}
