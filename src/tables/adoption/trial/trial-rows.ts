import { type Source, SOURCES } from '../../../core/candle.js';
import { type IndicatorColumn, mapColumns } from '../../../indicators/indicators.js';
import type { ChartRow } from '../../../rows/chart-row.js';

/** A row of each kind that chartctl stores, to find out which of them a table rejects. */
export interface TrialRow extends Omit<ChartRow, 'openTime'> {
  /** The kind, as it follows "such as" in a message. */
  what: string;
}

const PRICE = 100;
const WRITTEN_AT = new Date('2025-06-01T12:00:05Z');

/** Symbols that no exchange lists: one of them is not in the table yet. */
export const UNUSED_SYMBOLS = ['NEWCOINUSDT', 'NEWCOIN1USDT', 'NEWCOIN2USDT'] as const;

const USUAL = toRow('a candle of Binance', PRICE, 5.25);

/** Every kind of row; a table that takes them takes what the jobs write. */
export const TRIAL_ROWS: readonly TrialRow[] = [
  USUAL,
  {
    ...USUAL,
    what: 'a minute without trades (volume 0, one price)',
    ...{ high: PRICE, low: PRICE, close: PRICE, volume: 0 },
    indicators: mapColumns((_, column) => (column.startsWith('bb_') ? PRICE : 0)),
  },
  {
    ...USUAL,
    what: 'a candle without indicators yet (NULL)',
    indicators: mapColumns(() => null),
    isComplete: false,
  },
  { ...USUAL, what: 'a flagged candle', hasMissingData: true },
  ...SOURCES.filter((source) => source !== USUAL.source).map((source: Source) => ({
    ...USUAL,
    what: `a candle with the source ${source}`,
    source,
  })),
  { ...USUAL, what: 'a candle that is not complete', isComplete: false },
  toRow('a candle of a coin with a very low price', 1e-8, 5e12),
  toRow('a candle of a market with very high prices', 2e9, 1e-5),
  { ...USUAL, what: 'a row that chartctl did not write (written_at is NULL)', writtenAt: null },
];

function toRow(what: string, price: number, volume: number): TrialRow {
  return {
    what,
    ...{ open: price, high: 1.5 * price, low: 0.5 * price, close: 1.25 * price, volume },
    indicators: mapColumns((_, column) => toIndicator(column, price)),
    source: 'BINANCE',
    hasMissingData: false,
    isComplete: true,
    writtenAt: WRITTEN_AT,
  };
}

/** A plausible value: constraints of the platform may bound RSI, or order the bands. */
function toIndicator(column: IndicatorColumn, price: number): number {
  if (column === 'bb_upper') return 1.5 * price;
  if (column === 'bb_middle') return price;
  if (column === 'bb_lower') return -0.5 * price; // negative after a jump of the price
  if (column.startsWith('macd')) return -0.25 * price;
  return column.startsWith('volatility') ? 0.5 : 75;
}
