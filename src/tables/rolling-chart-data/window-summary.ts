import { groupBy } from '../../core/group-by.js';
import { floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import { toArrayLiteral } from '../../database/format/text-format.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Db, Store, Transaction } from '../../database/store.js';
import { endOfWindow, WINDOW_MINUTES } from '../../quality/window.js';
import { EXTERNAL_RULE, STANDING_SQL } from '../flags.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOURCE_SQL, VALID_SQL } from './columns.js';
import { findNewestMinutes } from './row-ends.js';

/** The state of a symbol's rows in its window. */
export interface WindowSummary {
  symbol: string;
  /** Open time of the newest candle before the clock's minute; it may be older than the window. */
  lastCandleAt: Minute | null;
  bySource: Record<string, number>;
  valid: number;
  missing: number;
  /** The number of gaps. */
  gaps: number;
  /** Flagged rows by rule; a row that two rules flagged counts for both. */
  byRule: Record<string, number>;
}

/** The summary is only reported, so it must not delay a job for long. */
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * Summarizes the windows of several symbols in one snapshot.
 *
 * The windows end at most two minutes apart, so a few statements suffice for any number of symbols.
 *
 * @param nowMs the exchange's clock
 */
export function summarizeWindows(
  { knex }: Store,
  symbols: readonly string[],
  nowMs: number,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
): Promise<WindowSummary[]> {
  return inSnapshot(knex, async (trx) => {
    await trx.raw(`SET LOCAL statement_timeout = ${statementTimeoutMs}`);
    const newest = await findNewestMinutes(trx, symbols, floorMinute(nowMs));
    const found = new Map<string, RangeSummary>();
    for (const [to, group] of groupBy(symbols, (symbol) => endOfWindow(nowMs, newest.get(symbol) ?? null))) {
      const window = { from: to - WINDOW_MINUTES * MINUTE_MS, to };
      for (const summary of await summarizeRange(trx, group, window)) found.set(summary.symbol, summary);
    }
    return symbols.map((symbol) => ({ ...found.get(symbol)!, lastCandleAt: newest.get(symbol) ?? null }));
  });
}

type RangeSummary = Omit<WindowSummary, 'lastCandleAt'>;

async function summarizeRange(
  trx: Transaction,
  symbols: readonly string[],
  range: MinuteRange,
): Promise<RangeSummary[]> {
  const counts = await countBySource(trx, symbols, range);
  const totals = new Map(symbols.map((symbol) => [symbol, sumTotals(counts.get(symbol) ?? [])]));
  const select = (test: (total: RowTotals) => boolean) => symbols.filter((symbol) => test(totals.get(symbol)!));
  const minutes = countMinutes(range);
  const withGaps = select(({ rows }) => rows > 0 && rows < minutes);
  const gaps = await countGapsBySymbol(trx, withGaps, range);
  const flags = await countFlagsBySymbol(
    trx,
    select(({ flagged }) => flagged > 0),
    range,
  );
  return symbols.map((symbol) => {
    const { rows, valid, flagged } = totals.get(symbol)!;
    return {
      symbol,
      bySource: Object.fromEntries((counts.get(symbol) ?? []).map((count) => [count.source, count.rows])),
      valid,
      missing: minutes - rows,
      gaps: gaps.get(symbol) ?? (rows === 0 ? 1 : 0),
      byRule: toRules(flags.get(symbol) ?? [], flagged),
    };
  });
}

interface RowTotals {
  rows: number;
  valid: number;
  flagged: number;
}

interface SourceCount extends RowTotals {
  source: string;
}

function sumTotals(counts: readonly RowTotals[]): RowTotals {
  const total = { rows: 0, valid: 0, flagged: 0 };
  for (const { rows, valid, flagged } of counts) {
    total.rows += rows;
    total.valid += valid;
    total.flagged += flagged;
  }
  return total;
}

async function countBySource(
  db: Db,
  symbols: readonly string[],
  range: MinuteRange,
): Promise<Map<string, SourceCount[]>> {
  const { rows } = await db.raw<{ rows: (SourceCount & { symbol: string })[] }>(
    `SELECT symbol, ${SOURCE_SQL} AS source, count(*)::int AS rows,
       count(*) FILTER (WHERE ${VALID_SQL})::int AS valid,
       count(*) FILTER (WHERE hasmissingdata)::int AS flagged
     FROM ${CHART_TABLE} WHERE symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}
     GROUP BY 1, 2 ORDER BY 1, 2`,
    toBindings(symbols, range),
  );
  return groupBy(rows, ({ symbol }) => symbol);
}

/** The number of gaps of symbols that have some but not all rows of the range. */
async function countGapsBySymbol(db: Db, symbols: readonly string[], range: MinuteRange): Promise<Map<string, number>> {
  if (symbols.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: { symbol: string; first: Date; last: Date; inner: number }[] }>(
    `SELECT symbol, min(timestamp) AS first, max(timestamp) AS last,
       (count(*) FILTER (WHERE next - timestamp > interval '1 minute'))::int AS inner
     FROM (SELECT symbol, timestamp, lead(timestamp) OVER (PARTITION BY symbol ORDER BY timestamp) AS next
       FROM ${CHART_TABLE} WHERE symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}) t
     GROUP BY symbol`,
    toBindings(symbols, range),
  );
  return new Map(
    rows.map(({ symbol, first, last, inner }) => {
      const ends = Number(first.getTime() > range.from) + Number(last.getTime() < range.to - MINUTE_MS);
      return [symbol, inner + ends];
    }),
  );
}

/** Rows of a range with standing flags of the same rules. */
interface FlagCount {
  rules: string[];
  rows: number;
}

async function countFlagsBySymbol(
  db: Db,
  symbols: readonly string[],
  range: MinuteRange,
): Promise<Map<string, FlagCount[]>> {
  if (symbols.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: (FlagCount & { symbol: string })[] }>(
    `SELECT symbol, rules, count(*)::int AS rows FROM (
       SELECT symbol, timestamp, array_agg(rule ORDER BY rule) AS rules FROM chartctl_flags f
       WHERE symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ? AND ${STANDING_SQL}
       GROUP BY symbol, timestamp) flagged
     GROUP BY symbol, rules`,
    toBindings(symbols, range),
  );
  return groupBy(rows, ({ symbol }) => symbol);
}

/** Flagged rows without a recorded flag were flagged outside of chartctl. */
function toRules(counts: readonly FlagCount[], flagged: number): Record<string, number> {
  const byRule = new Map<string, number>();
  let recorded = 0;
  for (const { rules, rows } of counts) {
    recorded += rows;
    for (const rule of rules) byRule.set(rule, (byRule.get(rule) ?? 0) + rows);
  }
  const ordered = [...byRule].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(flagged > recorded ? [...ordered, [EXTERNAL_RULE, flagged - recorded]] : ordered);
}

function toBindings(symbols: readonly string[], { from, to }: MinuteRange): (string | Date)[] {
  return [toArrayLiteral(symbols), new Date(from), new Date(to)];
}
