import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import { toArrayLiteral } from '../../database/format/text-format.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Db, Store } from '../../database/store.js';
import { CHART_TABLE, ON_MINUTE_SQL, SOUND_SQL } from './columns.js';
import { findNewestMinutes } from './read-rows.js';

/** What the table holds of a symbol in a range. */
export interface WindowSummary {
  symbol: string;
  /** Open time of the newest candle before the range's end, in the range or older. */
  lastCandleAt: Minute | null;
  bySource: Record<string, number>;
  valid: number;
  missing: number;
  /** Stretches without a row. */
  gaps: number;
  /** Flagged rows by rule; a row of two rules is in both. */
  byRule: Record<string, number>;
}

/** What is looked at only to be told must not hold up a run. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** How many symbols stand in one range, at one instant: four statements, however many symbols. */
export function summarizeWindows(
  { knex }: Store,
  symbols: readonly string[],
  range: MinuteRange,
  statementLimitMs = STATEMENT_TIMEOUT_MS,
): Promise<WindowSummary[]> {
  return inSnapshot(knex, async (trx) => {
    await trx.raw(`SET LOCAL statement_timeout = ${statementLimitMs}`);
    const newest = await findNewestMinutes(trx, symbols, range.to);
    const counts = await countBySource(trx, symbols, range);
    const totals = new Map(symbols.map((symbol) => [symbol, sumTotals(counts.get(symbol) ?? [])]));
    const which = (is: (total: RowTotals) => boolean) => symbols.filter((symbol) => is(totals.get(symbol)!));
    const minutes = countMinutes(range);
    const broken = which(({ rows }) => rows > 0 && rows < minutes);
    const gaps = await countGapsBySymbol(trx, broken, range);
    const flags = await countFlagsBySymbol(
      trx,
      which(({ flagged }) => flagged > 0),
      range,
    );
    return symbols.map((symbol) => {
      const { rows, valid, flagged } = totals.get(symbol)!;
      return {
        symbol,
        lastCandleAt: newest.get(symbol) ?? null,
        bySource: Object.fromEntries((counts.get(symbol) ?? []).map((count) => [count.source, count.rows])),
        valid,
        missing: minutes - rows,
        gaps: gaps.get(symbol) ?? (rows === 0 ? 1 : 0),
        byRule: toRules(flags.get(symbol) ?? [], flagged),
      };
    });
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
    `SELECT symbol, coalesce(source, 'BINANCE') AS source, count(*)::int AS rows,
       count(*) FILTER (WHERE iscomplete AND hasmissingdata IS NOT TRUE AND ${SOUND_SQL})::int AS valid,
       count(*) FILTER (WHERE hasmissingdata)::int AS flagged
     FROM ${CHART_TABLE} WHERE symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ? AND ${ON_MINUTE_SQL}
     GROUP BY 1, 2 ORDER BY 1, 2`,
    toBindings(symbols, range),
  );
  return groupBySymbol(rows);
}

/** Stretches without a row of symbols that have rows, and not all, in the range. */
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

/** Open and kept flags of the range; without a rule: the rows that have any. */
interface FlagCount {
  rule: string | null;
  rows: number;
}

async function countFlagsBySymbol(
  db: Db,
  symbols: readonly string[],
  range: MinuteRange,
): Promise<Map<string, FlagCount[]>> {
  if (symbols.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: (FlagCount & { symbol: string })[] }>(
    `SELECT symbol, rule, count(DISTINCT timestamp)::int AS rows FROM chartctl_flags
     WHERE symbol = ANY(?::text[]) AND timestamp >= ? AND timestamp < ? AND (state = 'open' OR kept)
     GROUP BY GROUPING SETS ((symbol, rule), (symbol)) ORDER BY symbol, rule`,
    toBindings(symbols, range),
  );
  return groupBySymbol(rows);
}

/** Flagged rows of which no flag is recorded were flagged by somebody's SQL. */
function toRules(counts: readonly FlagCount[], flagged: number): Record<string, number> {
  const recorded = counts.find(({ rule }) => rule === null)?.rows ?? 0;
  const byRule = counts.flatMap(({ rule, rows }) => (rule === null ? [] : [[rule, rows] as const]));
  return Object.fromEntries(flagged > recorded ? [...byRule, ['external', flagged - recorded]] : byRule);
}

function toBindings(symbols: readonly string[], { from, to }: MinuteRange): (string | Date)[] {
  return [toArrayLiteral(symbols), new Date(from), new Date(to)];
}

function groupBySymbol<T extends { symbol: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.symbol);
    if (group) group.push(row);
    else groups.set(row.symbol, [row]);
  }
  return groups;
}
