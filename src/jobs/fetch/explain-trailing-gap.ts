import { Failure, throwIfStopped } from '../../core/failure.js';
import { floorMinute } from '../../core/minute.js';
import { findNewestMinute } from '../../store/chart-rows.js';
import { explainUnknownGap, findUnexplainedGaps } from '../../store/gaps.js';
import { askExchange } from './ask-exchange.js';
import type { JobContext } from '../context.js';
import { PUBLISHED_MS } from './fetch-and-write.js';

/**
 * Asks Binance whether a symbol is still traded that has no candle up to now, when nothing else explains it: the question
 * weighs ten times as much as one for candles.
 *
 * @param job the job that recorded the gap, and the exchange's clock when it began
 */
export async function explainTrailingGap(
  context: JobContext,
  { symbol, jobId, nowMs }: { symbol: string; jobId: number; nowMs: number },
): Promise<void> {
  const { knex } = context.store;
  const [gap] = await findUnexplainedGaps(knex, symbol, jobId, floorMinute(nowMs) - PUBLISHED_MS);
  if (!gap) return;
  const newest = await findNewestMinute(knex, symbol, nowMs);
  if (newest !== null && newest >= gap.from) return;
  const status = await askStatus(context, symbol);
  if (status !== 'TRADING' && status !== null) await explainUnknownGap(knex, symbol, { ...gap, cause: 'halted' });
}

/** The symbol's status; null when Binance does not say: the cause then stays unknown, and the job is none the worse. */
async function askStatus(context: JobContext, symbol: string): Promise<string | null> {
  const { market, signal, onNotice } = context;
  try {
    return await askExchange(context, () => market.getSymbolStatus(symbol, { signal }));
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'UNKNOWN_SYMBOL') return 'DELISTED';
    onNotice?.(`${symbol}: why it has no newer candles stays unknown: ${error.message}`);
    return null;
  }
}
