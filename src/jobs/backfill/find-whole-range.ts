import { Failure, throwIfStopped } from '../../core/failure.js';
import { formatMinute, type Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { callBinance } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/**
 * The range from the first candle that Binance has of a symbol, in its API or its archive.
 *
 * @param range its end is kept
 * @throws Failure when neither can say it
 */
export async function findWholeRange(context: JobContext, symbol: string, range: MinuteRange): Promise<MinuteRange> {
  const outcomes = [
    await attempt(context, () => findFirstInApi(context, symbol, range.to)),
    await attempt(context, () => findFirstInArchive(context, symbol, range.to)),
  ];
  const found = outcomes.filter((outcome) => typeof outcome === 'number');
  if (found.length > 0) return { from: Math.min(...found), to: range.to };
  const failure = outcomes.find((outcome) => outcome instanceof Failure);
  throw (
    failure ??
    new Failure('failed', `Binance has no candle of ${symbol} before ${formatMinute(range.to)}`, { code: 'NO_CANDLES' })
  );
}

async function findFirstInApi(context: JobContext, symbol: string, before: Minute): Promise<Minute | null> {
  const { market, signal } = context;
  return callBinance(context, () => market.findFirstMinute(symbol, before, { signal }));
}

/** The beginning of the symbol's first day in the listing: its file may begin later. */
async function findFirstInArchive({ market, signal }: JobContext, symbol: string, to: Minute): Promise<Minute | null> {
  const archive = await market.openArchive?.();
  const [month] = (await archive?.listFiles(symbol, 'month', { from: 0, to }, signal)) ?? [];
  if (!archive || !month) return null;
  const [day] = (await archive.listFiles(symbol, 'day', month.file.range, signal)) ?? [];
  return (day ?? month).file.range.from;
}

/** The result, or the failure that keeps one of the two from answering. */
async function attempt<T>({ signal }: JobContext, work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work();
  } catch (error) {
    throwIfStopped(signal);
    if (error instanceof Failure) return error;
    throw error;
  }
}
