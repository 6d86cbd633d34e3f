import { type Candle, CANDLE_FIELDS, hasSameNumbers, isSound } from '../core/candle.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { type ChartRow, isValid } from '../rows/chart-row.js';
import { median } from './median.js';
import type { RowClass } from './row-classes.js';
import { describeFault } from './rules/unsound.js';

/** A minute as stored and as the exchange has it; at least one of the two exists. */
export interface Comparison {
  openTime: Minute;
  stored: ChartRow | undefined;
  exchange: Candle | undefined;
  class: RowClass;
}

/** Binance may count late trades until this long after a minute's end: a row written before may not be final. */
const SETTLING_MS = 10_000;

/**
 * Compares stored rows with the exchange's candles, minute by minute; minutes that neither has are left out.
 *
 * Rows of another market are not recognised here: that takes a stretch of them, see `markWrongMarket`.
 *
 * @param rows ordered by time without repeats
 * @param answers sound, ordered by time without repeats
 */
export function compareWithExchange(rows: readonly ChartRow[], answers: readonly Candle[]): Comparison[] {
  const compared: Comparison[] = [];
  let next = 0;
  const compare = (stored: ChartRow | undefined, exchange: Candle | undefined) => {
    compared.push({ openTime: (stored ?? exchange)!.openTime, stored, exchange, class: classify(stored, exchange) });
  };
  for (const answer of answers) {
    while (next < rows.length && rows[next]!.openTime < answer.openTime) compare(rows[next++], undefined);
    compare(rows[next]?.openTime === answer.openTime ? rows[next++] : undefined, answer);
  }
  while (next < rows.length) compare(rows[next++], undefined);
  return compared;
}

function classify(stored: ChartRow | undefined, exchange: Candle | undefined): RowClass {
  if (!stored) return 'missing';
  if (!exchange) return stored.source === 'FALLBACK' ? 'filled' : 'absent';
  if (!isSound(stored)) return 'unsound';
  if (stored.source === 'FALLBACK') return 'fallback';
  if (hasSameNumbers(stored, exchange)) return 'same';
  if (mayBePartial(stored, exchange) && mayPrecedeClose(stored)) return 'partial';
  return stored.writtenAt !== null || isValid(stored) ? 'revised' : 'different';
}

/**
 * Whether a candle may be an earlier state of the final one.
 *
 * The numbers alone do not prove it: all 70 candles of April 2021 that Binance revised later look like this too.
 */
function mayBePartial(stored: Candle, final: Candle): boolean {
  return (
    stored.open === final.open && stored.volume < final.volume && stored.high <= final.high && stored.low >= final.low
  );
}

/** Whether a row may have been saved before its candle was final. */
function mayPrecedeClose({ openTime, writtenAt }: ChartRow): boolean {
  return writtenAt === null || writtenAt.getTime() < openTime + MINUTE_MS + SETTLING_MS;
}

/**
 * What differs in one minute, in words, as the reason of a flag.
 *
 * @example describeDifference(item) // 'close 52878.14, Binance gives 52861.74; volume 932.57, Binance gives 935.28'
 */
export function describeDifference({ stored, exchange, class: rowClass }: Comparison): string {
  if (!stored) return 'the table does not have the minute';
  if (!exchange) return 'Binance does not have the minute';
  const differing = CANDLE_FIELDS.filter((field) => stored[field] !== exchange[field]);
  const fields = differing.map((field) => `${field} ${stored[field]}, Binance gives ${exchange[field]}`).join('; ');
  if (rowClass === 'unsound') return `${describeFault(stored) ?? 'unsound'}; ${fields}`;
  if (rowClass === 'fallback') return `a row of a fallback exchange; ${fields || "its numbers are Binance's"}`;
  return fields;
}

/** Adjacent minutes of one class; a figure is null where no minute has a sound candle on both sides. */
export interface ComparedStretch extends MinuteRange {
  class: RowClass;
  /** The largest distance of a stored close from the exchange's, in percent of it, with its sign. */
  closeDifferencePercent: number | null;
  /** The median of these distances, in basis points. */
  closeOffsetBp: number | null;
  /** The median of stored volume over the exchange's, in minutes with trades; null also where there are none. */
  volumeRatio: number | null;
}

/** Joins adjacent minutes of one class, in order. */
export function describeStretches(compared: readonly Comparison[]): ComparedStretch[] {
  const stretches: Comparison[][] = [];
  for (const item of compared) {
    const last = stretches.at(-1)?.at(-1);
    if (last?.class === item.class && last.openTime + MINUTE_MS === item.openTime) stretches.at(-1)!.push(item);
    else stretches.push([item]);
  }
  return stretches.map((items) => ({
    class: items[0]!.class,
    from: items[0]!.openTime,
    to: items.at(-1)!.openTime + MINUTE_MS,
    ...measureStretch(items),
  }));
}

function measureStretch(items: readonly Comparison[]): Omit<ComparedStretch, 'class' | 'from' | 'to'> {
  const pairs = items.flatMap(({ stored, exchange }): [Candle, Candle][] =>
    stored && exchange && isSound(stored) ? [[stored, exchange]] : [],
  );
  const differences = pairs.map(([stored, exchange]) => stored.close / exchange.close - 1);
  const offset = median(differences);
  const largest = differences.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  const traded = pairs.filter(([, exchange]) => exchange.volume > 0);
  return {
    closeDifferencePercent: offset === null ? null : 100 * largest,
    closeOffsetBp: offset === null ? null : 10_000 * offset,
    volumeRatio: median(traded.map(([stored, exchange]) => stored.volume / exchange.volume)),
  };
}
