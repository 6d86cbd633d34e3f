import type { ExchangeClock } from '../exchange/market.js';
import type { JobContext } from './context.js';

/** From this difference on, a wrong local clock is worth a word. */
const SKEW_WORTH_A_WORD_MS = 2_000;

/** The exchange's clock; says so when the local one had to do, or when the local one is off. */
export async function readClock({ market, signal, onNotice }: JobContext): Promise<ExchangeClock> {
  const clock = await market.readClock(signal);
  if (clock.source === 'local')
    onNotice?.(`using the local clock: ${clock.problem ?? 'Binance did not tell the time'}`);
  else if (clock.skewMs !== null && Math.abs(clock.skewMs) >= SKEW_WORTH_A_WORD_MS) {
    const seconds = (Math.abs(clock.skewMs) / 1000).toFixed(1);
    onNotice?.(`the local clock is ${seconds} s ${clock.skewMs > 0 ? 'ahead of' : 'behind'} Binance's, which counts`);
  }
  return clock;
}
