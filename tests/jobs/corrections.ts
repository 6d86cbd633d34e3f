import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../../src/core/minute.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { verify } from '../../src/jobs/verify/verify.js';
import { type JobWorld, reviseCandle } from '../harness/job-world.js';

/** Does the work of one step, and then looks at the state. */
export type Step = (work: () => Promise<unknown>) => Promise<void>;

/** Steps after each of which `see` is called; the clock of a state is before that of its next step. */
export function toStep(see: () => Promise<unknown>): Step {
  return async (work) => {
    await sleep(3);
    await work();
    await see();
  };
}

/** Two backfills with a gap of the exchange, revised candles that `verify` flags, and their repair. */
export async function correct({ binance, context, now }: JobWorld, symbol: string, step: Step): Promise<void> {
  const symbols = [symbol];
  const at = (minutes: number) => now - minutes * MINUTE_MS;
  binance.remove(symbol, { from: at(300), to: at(295) });
  await step(() => backfill(context, { symbols, minutes: 400 }));
  await step(() => backfill(context, { symbols, minutes: 2000 }));
  for (const minute of [at(50), at(900)]) binance.put(symbol, [reviseCandle(binance.get(symbol, minute)!)]);
  await step(() => verify(context, { symbols, minutes: 1000, flag: true }));
  await step(() => verify(context, { symbols, minutes: 1000, repair: true, revised: true }));
}
