import { type Candle, hasSameNumbers, type Source } from '../../../src/core/candle.js';
import { formatMinute, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import {
  formatRange,
  intersect,
  type MinuteRange,
  minutesOf,
  subtractRanges,
  toRanges,
} from '../../../src/core/range.js';
import { withStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { RECURSION_REACH } from '../../../src/indicators/indicator.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { findGapsIn } from '../../../src/tables/gaps.js';
import { assertMatchesReference } from '../../harness/reference.js';
import type { ExpectedSources } from './expected-sources.js';
import type { SoakWorld } from './soak-world.js';
import { readRows } from '../../harness/read-rows.js';

/** What the rows are compared with. */
export interface ExpectedRows {
  world: SoakWorld;
  expectedSources: ExpectedSources;
  /** Each symbol with its first minute. */
  since: ReadonlyMap<string, Minute>;
  /** The ranges in which revised candles were replaced: rows there may have Binance's later values. */
  repaired: readonly MinuteRange[];
}

/** One sentence for each error in the rows and the known gaps of a range. */
export async function inspectRows(truth: ExpectedRows, range: MinuteRange): Promise<string[]> {
  return withStore(truth.world.config, async (store) => {
    const losses: string[] = [];
    for (const [symbol, first] of truth.since) {
      const part = intersect(range, { from: first, to: Infinity });
      losses.push(...(await inspectSymbol(truth, store, symbol, part)).map((what) => `${symbol}: ${what}`));
    }
    return losses;
  });
}

async function inspectSymbol(
  truth: ExpectedRows,
  { knex }: Store,
  symbol: string,
  range: MinuteRange,
): Promise<string[]> {
  const before = { from: range.from - RECURSION_REACH * MINUTE_MS, to: range.to };
  const rows = await readRows(knex, symbol, before);
  const byMinute = new Map(rows.map((row) => [row.openTime, row]));
  const losses: string[] = [];
  try {
    assertMatchesReference(rows, range.from);
  } catch (error) {
    losses.push(String(error));
  }
  for (const minute of minutesOf(range)) {
    const wrong = checkMinute(truth, symbol, minute, byMinute.get(minute));
    if (wrong) losses.push(`${formatMinute(minute)} ${wrong}`);
  }
  const missing = subtractRanges([range], toRanges(rows.map(({ openTime }) => openTime)));
  const known = (await findGapsIn(knex, symbol, range)).map((gap) => intersect(gap, range));
  const unexplained = subtractRanges(missing, known);
  const filled = known.flatMap((gap) => [...minutesOf(gap)].filter((minute) => isAtBinance(truth, symbol, minute)));
  return [
    ...losses,
    ...unexplained.map((gap) => `${formatRange(gap)} is missing without a known gap`),
    ...toRanges(filled).map((range) => `${formatRange(range)} is a known gap, but Binance has it`),
  ];
}

/** What is wrong with a minute's row. */
function checkMinute(
  truth: ExpectedRows,
  symbol: string,
  minute: Minute,
  row: ChartRow | undefined,
): string | undefined {
  const sources = allowedSources(truth, symbol, minute);
  if (!row) return sources.includes(null) ? undefined : `has no row, expected ${sources.join(' or ')}`;
  if (!sources.includes(row.source)) return `is from ${row.source}, expected ${sources.join(' or ') || 'no row'}`;
  const { market } = truth.world;
  const writtenAt = row.writtenAt?.getTime() ?? 0;
  const expected =
    row.source === 'FALLBACK' ? market.bybit.get(symbol, minute) : market.candleAt(symbol, minute, writtenAt);
  if (expected && hasSameNumbers(row, expected)) return undefined;
  return `has ${describe(row)}, expected ${expected ? describe(expected) : 'nothing'}`;
}

/** The sources that a row may have; null stands for no row. */
function allowedSources(truth: ExpectedRows, symbol: string, minute: Minute): (Source | null)[] {
  const existsAtBinance = isAtBinance(truth, symbol, minute);
  const isRevised = truth.world.market.revisions(symbol).has(minute);
  const isRepaired = truth.repaired.some(({ from, to }) => from <= minute && minute < to);
  switch (truth.expectedSources.sourceOf(symbol, minute)) {
    case 'BINANCE':
      return isRevised ? ['BINANCE', 'BINANCE_BACKFILL'] : ['BINANCE'];
    case 'FALLBACK':
      return isRepaired && existsAtBinance ? ['FALLBACK', 'BINANCE_BACKFILL'] : ['FALLBACK'];
    case 'in time or later':
      return existsAtBinance ? ['BINANCE', 'BINANCE_BACKFILL'] : ['FALLBACK', null];
    case 'later':
      return existsAtBinance ? ['BINANCE_BACKFILL'] : [null];
  }
}

function isAtBinance({ world }: ExpectedRows, symbol: string, minute: Minute): boolean {
  return world.market.binance.get(symbol, minute) !== undefined;
}

function describe({ open, high, low, close, volume }: Pick<ChartRow, keyof Candle>): string {
  return [open, high, low, close, volume].join(' ');
}
