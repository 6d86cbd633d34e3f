import { Failure } from '../../core/failure.js';
import { loadAhead } from '../../core/load-ahead.js';
import { intersect, type MinuteRange, subtractRanges } from '../../core/range.js';
import type { Archive } from '../../exchange/archive/open-archive.js';
import { sliceRange } from '../../rows/candle-columns.js';
import { findArchiveFiles } from '../../tables/archive-files.js';
import { findPublished, requireArchive } from '../archive/find-published.js';
import { loadMonth } from '../archive/load-month.js';
import { type ArchiveMonth, daysOf, planArchive } from '../archive/plan-archive.js';
import type { FetchedRange } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** What the archive has of a range, day by day. */
export interface ArchiveAnswers {
  answers: AsyncIterable<FetchedRange>;
  /** Days that are read. */
  days: number;
  /** Days whose rows came from files that have not been published anew since. */
  unchanged: number;
}

/**
 * Reads the days of a range from the archive, without those whose rows were taken from a file that is still the same: the
 * listing's tag of the file is the one that was stored.
 *
 * @throws Failure (usage) where no archive is configured, or the range has no day that the archive has by now
 */
export async function planArchiveAnswers(
  context: JobContext,
  { symbol, range, nowMs }: { symbol: string; range: MinuteRange; nowMs: number },
): Promise<ArchiveAnswers> {
  const archive = await requireArchive(context);
  const planned = planArchive([range], symbol, nowMs, 'archive');
  if (planned.length === 0) {
    throw new Failure('usage', 'the range has no day of which the archive has a file by now', {
      hint: 'give days that ended two full UTC days ago, as with --days 30, or leave out --via archive',
    });
  }
  const unchanged = await findUnchangedDays(context, archive, symbol, planned);
  const rest = subtractRanges(daysOf(planned), unchanged);
  const { months } = await findPublished(context, archive, symbol, planArchive(rest, symbol, nowMs, 'archive'));
  return {
    answers: readDays(context, archive, months, range),
    days: daysOf(months).length,
    unchanged: unchanged.length,
  };
}

/** The days whose rows came from files that the listing shows to be the same. */
async function findUnchangedDays(
  { store, signal }: JobContext,
  archive: Archive,
  symbol: string,
  months: readonly ArchiveMonth[],
): Promise<MinuteRange[]> {
  const whole = { from: months[0]!.from, to: months.at(-1)!.to };
  const stored = await findArchiveFiles(store.knex, symbol, whole);
  if (stored.length === 0) return [];
  const tags = new Map<string, string>();
  for (const period of ['month', 'day'] as const) {
    for (const { file, etag } of (await archive.listFiles(symbol, period, whole, signal)) ?? [])
      tags.set(file.name, etag);
  }
  return daysOf(months).filter((day) => {
    const newest = stored.findLast(({ used }) => subtractRanges([day], used).length === 0);
    return newest?.etag !== null && newest !== undefined && newest.etag === tags.get(newest.name);
  });
}

async function* readDays(
  { signal, onNotice }: JobContext,
  archive: Archive,
  months: readonly ArchiveMonth[],
  range: MinuteRange,
): AsyncGenerator<FetchedRange> {
  for await (const loaded of loadAhead(months, (month) => loadMonth(archive, month, signal))) {
    for (const reason of loaded.refused) onNotice?.(`not compared: ${reason}`);
    for (const { range: day } of loaded.month.days) {
      const request = intersect(day, range);
      const offMinute = loaded.offMinute.filter((minute) => request.from <= minute && minute < request.to);
      yield { request, candles: sliceRange(loaded.candles, request), offMinute };
    }
  }
}
