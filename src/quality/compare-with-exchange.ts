import { hasSameNumbers, isSound, type Candle } from '../core/candle.js';
import { isValid, type ChartRow } from '../core/chart-row.js';
import { MINUTE_MS, type Minute } from '../core/minute.js';
import type { RowClass } from '../core/row-class.js';

/** A minute as it is stored and as the exchange has it; at least one of the two has it. */
export interface Comparison {
  openTime: Minute;
  stored: ChartRow | undefined;
  exchange: Candle | undefined;
  class: RowClass;
}

/** Just after a minute's end Binance may still count a late trade: what was written by then may not be final. */
const SETTLING_MS = 10_000;

/**
 * Stored rows beside the exchange's answers, minute by minute; minutes that neither has are left out.
 *
 * Another market's rows are not told apart here: that takes a stretch of them, see `markWrongMarket`.
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
  if (looksHalfDone(stored, exchange) && mayBeEarly(stored)) return 'partial';
  return stored.writtenAt !== null || isValid(stored) ? 'revised' : 'different';
}

/**
 * Whether a candle may be an earlier state of the final one.
 *
 * Its numbers alone do not prove it: all 70 candles of April 2021 that Binance revised later look like this too.
 */
export function looksHalfDone(stored: Candle, final: Candle): boolean {
  return (
    stored.open === final.open && stored.volume < final.volume && stored.high <= final.high && stored.low >= final.low
  );
}

/** Whether a row may have been saved before its candle was final; this tool writes closed candles only. */
function mayBeEarly({ openTime, writtenAt }: ChartRow): boolean {
  return writtenAt === null || writtenAt.getTime() < openTime + MINUTE_MS + SETTLING_MS;
}
