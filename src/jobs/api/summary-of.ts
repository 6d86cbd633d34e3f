import { parseSymbols } from '../../core/symbol.js';
import type { JobContext } from '../context.js';
import type { JobOptions, JobResult } from '../result.js';
import { withOpened, type Opened } from './opened.js';

/** What is asked of a job by functions that are about one symbol: that one is an argument, and nobody skips it. */
export type ForOneSymbol<Options extends JobOptions> = Omit<Options, 'symbols' | 'ifLocked'>;

/**
 * Runs a job over one symbol and answers its summary.
 *
 * @throws Failure: the symbol's own, or what stood in the way of the whole job
 */
export async function summaryOf<S>(
  symbol: string,
  opened: Opened,
  job: (context: JobContext, options: Pick<JobOptions, 'symbols'>) => Promise<JobResult<S>>,
): Promise<S> {
  const symbols = parseSymbols([symbol]);
  const { outcomes } = await withOpened(opened, (context) => job(context, { symbols }));
  const [outcome] = outcomes;
  if (outcome?.failure) throw outcome.failure;
  if (!outcome?.summary) throw new Error(`a job over ${symbol} ended without a word about it`);
  return outcome.summary;
}
