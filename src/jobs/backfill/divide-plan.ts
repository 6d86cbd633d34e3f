import { type MinuteRange, subtractRanges, sumMinutes } from '../../core/range.js';
import type { Via } from '../../exchange/archive/archive-config.js';
import type { Archive } from '../../exchange/archive/open-archive.js';
import { findPublished, requireArchive } from '../archive/find-published.js';
import { type ArchiveMonth, countFiles, daysOf, planArchive } from '../archive/plan-archive.js';
import { packRequests } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** What a backfill took from Binance's archive. */
export interface ArchiveSummary {
  /** Files that candles were taken from; in a plan, files to read. */
  files: number;
  /** The size of the planned files: of the listing, or estimated without one. */
  bytes: number;
  /** Wanted candles that the archive had; in a plan, wanted minutes. */
  candles: number;
  /** The files that were not used, each with the reason. */
  refused: string[];
}

/** The wanted minutes of a symbol, divided by where they are taken from. */
export interface DividedPlan {
  archive: Archive | null;
  months: ArchiveMonth[];
  /** The size of the files: of the listing, or estimated without one. */
  bytes: number;
  /** All wanted minutes, ordered. */
  wanted: readonly MinuteRange[];
  /** The minutes that are requested from the API, ordered. */
  ofApi: MinuteRange[];
}

/**
 * Divides the wanted minutes between the archive and the API.
 *
 * @param wanted ordered
 * @throws Failure (usage) for `archive` where no archive is configured
 */
export async function dividePlan(
  context: JobContext,
  { symbol, wanted, nowMs, via }: { symbol: string; wanted: readonly MinuteRange[]; nowMs: number; via: Via },
): Promise<DividedPlan> {
  const planned = planArchive(wanted, symbol, nowMs, via);
  const archive = planned.length > 0 || via === 'archive' ? await openArchiveFor(context, via) : null;
  if (!archive) return { archive, months: [], bytes: 0, wanted, ofApi: [...wanted] };
  const { months, bytes } = await findPublished(context, archive, symbol, planned);
  const ofApi = via === 'archive' ? [] : subtractRanges(wanted, daysOf(months));
  return { archive, months, bytes, wanted, ofApi };
}

/** What a plan would take, and the requests to the API if the archive has everything that is planned. */
export function describePlan({ months, bytes, ofApi, wanted }: DividedPlan): {
  archive: ArchiveSummary;
  requests: number;
} {
  const files = months.reduce((sum, month) => sum + countFiles(month), 0);
  const candles = sumMinutes(wanted) - sumMinutes(subtractRanges(wanted, daysOf(months)));
  return { archive: { files, bytes, candles, refused: [] }, requests: packRequests(ofApi).length };
}

/** The archive; with `auto`, null where none is configured. */
export async function openArchiveFor(context: JobContext, via: Via): Promise<Archive | null> {
  return via === 'auto' ? ((await context.market.openArchive?.()) ?? null) : requireArchive(context);
}
