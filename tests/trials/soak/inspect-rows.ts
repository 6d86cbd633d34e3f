import { hasSameNumbers, type Candle, type Source } from '../../../src/core/candle.js';
import type { ChartRow } from '../../../src/core/chart-row.js';
import { RECURSION_REACH } from '../../../src/core/indicator-columns.js';
import { formatMinute, MINUTE_MS, type Minute } from '../../../src/core/minute.js';
import {
  formatRange,
  intersect,
  minutesOf,
  subtractRanges,
  toRanges,
  type MinuteRange,
} from '../../../src/core/range.js';
import { findRows } from '../../../src/store/chart-rows.js';
import { findGapsIn } from '../../../src/store/gaps.js';
import { withStore, type Store } from '../../../src/store/store.js';
import { assertMatchesReference } from '../../harness/reference.js';
import type { Ledger } from './sky.js';
import type { SoakWorld } from './soak-world.js';

/** What the rows are held against. */
export interface Truth {
  world: SoakWorld;
  ledger: Ledger;
  /** Each symbol with its first minute. */
  since: ReadonlyMap<string, Minute>;
  /** Where the person had revised candles replaced: rows there may be Binance's later ones. */
  repaired: readonly MinuteRange[];
}

/** A sentence for each thing that is wrong with the rows and the known gaps of a range. */
export async function inspectRows(truth: Truth, range: MinuteRange): Promise<string[]> {
  return withStore(truth.world.config, async (store) => {
    const losses: string[] = [];
    for (const [symbol, first] of truth.since) {
      const part = intersect(range, { from: first, to: Infinity });
      losses.push(...(await inspectSymbol(truth, store, symbol, part)).map((what) => `${symbol}: ${what}`));
    }
    return losses;
  });
}

async function inspectSymbol(truth: Truth, { knex }: Store, symbol: string, range: MinuteRange): Promise<string[]> {
  const before = { from: range.from - RECURSION_REACH * MINUTE_MS, to: range.to };
  const rows = await findRows(knex, symbol, before);
  const byMinute = new Map(rows.map((row) => [row.openTime, row]));
  const losses: string[] = [];
  try {
    assertMatchesReference(rows, range.from);
  } catch (error) {
    losses.push(String(error));
  }
  for (const minute of minutesOf(range)) {
    const wrong = judgeMinute(truth, symbol, minute, byMinute.get(minute));
    if (wrong) losses.push(`${formatMinute(minute)} ${wrong}`);
  }
  const missing = subtractRanges([range], toRanges(rows.map(({ openTime }) => openTime)));
  const known = (await findGapsIn(knex, symbol, range)).map((gap) => intersect(gap, range));
  const unexplained = subtractRanges(missing, known);
  const filled = known.flatMap((gap) => [...minutesOf(gap)].filter((minute) => isThere(truth, symbol, minute)));
  return [
    ...losses,
    ...unexplained.map((gap) => `${formatRange(gap)} is missing without a known gap`),
    ...toRanges(filled).map((range) => `${formatRange(range)} is a known gap, but Binance has it`),
  ];
}

/** What is wrong with a minute's row. */
function judgeMinute(truth: Truth, symbol: string, minute: Minute, row: ChartRow | undefined): string | undefined {
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

/** From where a row may come; null stands for none. */
function allowedSources(truth: Truth, symbol: string, minute: Minute): (Source | null)[] {
  const isAtBinance = isThere(truth, symbol, minute);
  const isRevised = truth.world.market.revisions(symbol).has(minute);
  const isRepaired = truth.repaired.some(({ from, to }) => from <= minute && minute < to);
  switch (truth.ledger.origin(symbol, minute)) {
    case 'BINANCE':
      return isRevised ? ['BINANCE', 'BINANCE_BACKFILL'] : ['BINANCE'];
    case 'FALLBACK':
      return isRepaired && isAtBinance ? ['FALLBACK', 'BINANCE_BACKFILL'] : ['FALLBACK'];
    case 'in time or later':
      return isAtBinance ? ['BINANCE', 'BINANCE_BACKFILL'] : ['FALLBACK', null];
    case 'later':
      return isAtBinance ? ['BINANCE_BACKFILL'] : [null];
  }
}

function isThere({ world }: Truth, symbol: string, minute: Minute): boolean {
  return world.market.binance.get(symbol, minute) !== undefined;
}

function describe({ open, high, low, close, volume }: Pick<ChartRow, keyof Candle>): string {
  return [open, high, low, close, volume].join(' ');
}
