import { hasSameNumbers } from '../../core/candle.js';
import { throwIfStopped } from '../../core/failure.js';
import { MINUTE_MS } from '../../core/minute.js';
import type { Transaction } from '../../database/store.js';
import { lockSymbol } from '../../database/symbol-locks.js';
import { inTransaction } from '../../database/transaction.js';
import { type Comparison, describeDifference } from '../../quality/compare-with-exchange.js';
import { recordChanges } from '../../tables/changes.js';
import { type NewFlag, raiseFlags } from '../../tables/flags.js';
import { selectNewDifferences } from '../../tables/new-flags.js';
import { findRows } from '../../tables/rolling-chart-data/read-rows.js';
import type { JobContext } from '../job.js';

/** Minutes flagged in one transaction. */
const CHUNK_MS = 10_000 * MINUTE_MS;

interface FlagWork {
  symbol: string;
  jobId: number;
  lockWaitMs: number;
}

/**
 * Flags the rows that differ from the exchange; the rule is the class of the difference.
 *
 * @returns the number of new flags
 */
export async function flagDifferences(
  { store, signal }: JobContext,
  differing: readonly Comparison[],
  work: FlagWork,
): Promise<number> {
  let flagged = 0;
  for (const chunk of chunkByTime(differing.filter(({ stored }) => stored))) {
    throwIfStopped(signal);
    flagged += await inTransaction(store, (trx) => flagChunk(trx, chunk, work));
  }
  return flagged;
}

/** Rows that were written after the comparison are not flagged. */
async function flagChunk(trx: Transaction, chunk: readonly Comparison[], work: FlagWork): Promise<number> {
  const { symbol, jobId } = work;
  await lockSymbol(trx, symbol, work.lockWaitMs);
  const range = { from: chunk[0]!.openTime, to: chunk.at(-1)!.openTime + MINUTE_MS };
  const current = new Map((await findRows(trx, symbol, range)).map((row) => [row.openTime, row]));
  const unchanged = chunk.filter(({ openTime, stored }) => {
    const row = current.get(openTime);
    return row && hasSameNumbers(row, stored!) && row.source === stored!.source;
  });
  const flags = await selectNewDifferences(trx, symbol, unchanged.flatMap(toFlag));
  for (const rule of new Set(flags.map((flag) => flag.rule))) {
    const minutes = flags.filter((flag) => flag.rule === rule).map((flag) => flag.openTime);
    await recordChanges(trx, { symbol, jobId, action: 'flag', reason: `verify: ${rule}` }, minutes);
  }
  await raiseFlags(trx, symbol, jobId, flags);
  return flags.length;
}

/** The rule of the flag is the class of the difference. Minutes without a row or without a difference have no flag. */
function toFlag(item: Comparison): NewFlag[] {
  const { openTime, stored, exchange, class: rule } = item;
  if (rule === 'same' || rule === 'filled' || rule === 'missing') return [];
  const flag = { openTime, rule, value: stored?.close ?? null, threshold: exchange?.close ?? null };
  return [{ ...flag, reason: describeDifference(item) }];
}

function chunkByTime(items: readonly Comparison[]): Comparison[][] {
  const chunks: Comparison[][] = [];
  for (const item of items) {
    const last = chunks.at(-1);
    if (last && item.openTime < last[0]!.openTime + CHUNK_MS) last.push(item);
    else chunks.push([item]);
  }
  return chunks;
}
