import type { Candle } from '../../core/candle.js';
import type { MinuteRange } from '../../core/range.js';
import { askExchange } from './ask-exchange.js';
import type { JobContext } from '../context.js';

/** Requests under way or answered and not yet taken: enough to keep the exchange busy while rows are written. */
const AHEAD = 16;

export interface FetchedRange {
  request: MinuteRange;
  candles: Candle[];
}

/** Asks Binance for ranges side by side and gives the answers in the ranges' order. */
export async function* fetchInOrder(
  context: JobContext,
  symbol: string,
  requests: readonly MinuteRange[],
): AsyncGenerator<FetchedRange> {
  const { market, signal } = context;
  const underWay: Promise<FetchedRange>[] = [];
  let next = 0;
  const fill = () => {
    while (underWay.length < AHEAD && next < requests.length) {
      const request = requests[next++]!;
      const answer = askExchange(context, () => market.fetchCandles(symbol, request, { signal }));
      const fetched = answer.then((candles) => ({ request, candles }));
      fetched.catch(() => undefined); // it is thrown on where it is awaited, in its turn
      underWay.push(fetched);
    }
  };
  for (fill(); underWay.length > 0; fill()) yield await underWay.shift()!;
}
