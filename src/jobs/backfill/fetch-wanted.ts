import { Failure, throwIfStopped } from '../../core/failure.js';
import { NOWHERE_CAUSE } from '../../core/known-gap.js';
import { floorMinute } from '../../core/minute.js';
import {
  countMinutes,
  intersect,
  mergeRanges,
  type MinuteRange,
  subtractRanges,
  sumMinutes,
} from '../../core/range.js';
import type { Via } from '../../exchange/archive/archive-config.js';
import type { Archive } from '../../exchange/archive/open-archive.js';
import { explainUnknownGap, findUnexplainedGaps } from '../../tables/gaps.js';
import { findNewestBinanceMinute } from '../../tables/rolling-chart-data/row-ends.js';
import { type ArchiveResult, fetchFromArchive } from '../archive/fetch-from-archive.js';
import { findPublished } from '../archive/find-published.js';
import { type ArchiveMonth, daysOf, planArchive } from '../archive/plan-archive.js';
import { packRequests } from '../fetch/binance-requests.js';
import { fetchAndWrite, rebuildAfterGaps } from '../fetch/fetch-and-write.js';
import { recordGaps } from '../fetch/record-gaps.js';
import type { JobContext } from '../job.js';
import { addCounts, NO_COUNTS, type WriteCounts, type WriteOptions } from '../write/upsert-candles.js';
import { type ArchiveSummary, type DividedPlan, openArchiveFor } from './divide-plan.js';

/** What was fetched for the wanted minutes. */
export interface Fetched {
  counts: WriteCounts;
  archive: ArchiveSummary;
  /** The requests for candles that were planned for the API. */
  requests: number;
}

/**
 * Fetches the wanted minutes from the archive and the API, as planned, and writes them; what the archive lacks is
 * requested from the API.
 *
 * Where the API does not serve this location, or does not know the symbol any more, `auto` takes all past days from the
 * archive.
 */
export async function fetchWanted(
  context: JobContext,
  plan: DividedPlan,
  { wanted, nowMs, via }: { wanted: readonly MinuteRange[]; nowMs: number; via: Via },
  options: WriteOptions,
): Promise<Fetched> {
  const { archive } = plan;
  const taken = archive ? await takeFromArchive(context, archive, { months: plan.months, wanted }, options) : null;
  if (via === 'archive') {
    if (taken!.failure) throw taken!.failure;
    const counts = await recordAbsentInArchive(context, taken!, nowMs, options);
    return { counts, archive: summarize(plan, [taken!]), requests: 0 };
  }
  const askable = mergeRanges([...plan.ofApi, ...(taken?.lacking ?? [])]);
  const ofApi = subtractRanges(wanted, subtractRanges(wanted, askable));
  const requests = packRequests(ofApi);
  try {
    const counts = await fetchAndWrite(context, { wanted: ofApi, requests }, nowMs, options);
    if (taken && !taken.failure) await explainAbsentInBoth(context, taken, nowMs, options);
    const all = addCounts(taken?.counts ?? NO_COUNTS, counts);
    return { counts: all, archive: summarize(plan, taken ? [taken] : []), requests: requests.length };
  } catch (error) {
    throwIfStopped(context.signal);
    if (via !== 'auto' || !(error instanceof Failure) || !API_IS_NO_SOURCE.has(error.code ?? '')) throw error;
    return takeRestFromArchive(context, plan, { failure: error, taken, ofApi, nowMs }, options);
  }
}

/** The codes of failures that no later request to the API can avoid. */
const API_IS_NO_SOURCE: ReadonlySet<string> = new Set(['RESTRICTED', 'FORBIDDEN', 'UNKNOWN_SYMBOL']);

/**
 * Takes what the API was to deliver from the archive, as far as that has it.
 *
 * @throws Failure of the API if the archive has nothing of the symbol either
 */
async function takeRestFromArchive(
  context: JobContext,
  plan: DividedPlan,
  work: { failure: Failure; taken: ArchiveResult | null; ofApi: readonly MinuteRange[]; nowMs: number },
  options: WriteOptions,
): Promise<Fetched> {
  const { failure, taken, nowMs } = work;
  const rest = subtractRanges(work.ofApi, taken?.lacking ?? []);
  const archive = plan.archive ?? (await openArchiveFor(context, 'auto'));
  if (!archive || taken?.failure) throw failure;
  const { months } = await findPublished(
    context,
    archive,
    options.symbol,
    planArchive(rest, options.symbol, nowMs, 'archive'),
  );
  const more = await takeFromArchive(context, archive, { months, wanted: rest }, options);
  const results = taken ? [taken, more] : [more];
  if (more.failure || results.every(({ candles }) => candles === 0)) throw failure;
  let counts = NO_COUNTS;
  for (const result of results)
    counts = addCounts(counts, await recordAbsentInArchive(context, result, nowMs, options));
  const newest = sumMinutes(subtractRanges(rest, daysOf(months)));
  const left = newest > 0 ? `; ${newest} newer minutes are left, which the archive does not have yet` : '';
  context.onNotice?.(`${options.symbol}: ${failure.message}: candles are taken from ${archive.name} alone${left}`);
  return { counts, archive: summarize(plan, results), requests: packRequests(work.ofApi).length };
}

async function takeFromArchive(
  context: JobContext,
  archive: Archive,
  plan: { months: readonly ArchiveMonth[]; wanted: readonly MinuteRange[] },
  options: WriteOptions,
): Promise<ArchiveResult> {
  const taken = await fetchFromArchive(context, archive, plan, options);
  const { symbol } = options;
  for (const reason of taken.refused) context.onNotice?.(`${symbol}: not used: ${reason}`);
  if (taken.failure) context.onNotice?.(`${symbol}: the archive cannot be read: ${taken.failure.message}`);
  return taken;
}

function summarize({ bytes }: DividedPlan, results: readonly ArchiveResult[]): ArchiveSummary {
  return {
    files: results.reduce((sum, { files }) => sum + files, 0),
    bytes,
    candles: results.reduce((sum, { candles }) => sum + candles, 0),
    refused: results.flatMap(({ refused }) => refused),
  };
}

/**
 * Records the minutes that the archive lacks, where the API is not asked, and rebuilds the rows after them.
 *
 * @returns the counts of the result with these rows
 */
async function recordAbsentInArchive(
  context: JobContext,
  { counts, lacking, offMinute }: ArchiveResult,
  nowMs: number,
  options: WriteOptions,
): Promise<WriteCounts> {
  const { symbol, jobId, lockWaitMs } = options;
  const report = { symbol, jobId, lockWaitMs, nowMs, requested: lacking, absent: lacking, offMinute };
  await recordGaps(context, { ...report, isArchiveOnly: true });
  return { ...counts, rebuilt: counts.rebuilt + (await rebuildAfterGaps(context, lacking, options)) };
}

/** Sets the cause of minutes that neither the archive nor the API has, where none is known. */
async function explainAbsentInBoth(
  { store: { knex } }: JobContext,
  { lacking }: ArchiveResult,
  nowMs: number,
  { symbol, jobId }: WriteOptions,
): Promise<void> {
  if (lacking.length === 0) return;
  const newest = (await findNewestBinanceMinute(knex, symbol, floorMinute(nowMs))) ?? -Infinity;
  for (const gap of await findUnexplainedGaps(knex, symbol, jobId, lacking[0]!.from)) {
    const isLacking = lacking.some((range) => countMinutes(intersect(range, gap)) > 0);
    if (isLacking && gap.to <= newest) await explainUnknownGap(knex, symbol, { ...gap, cause: NOWHERE_CAUSE });
  }
}
