import { Failure, throwIfStopped } from '../../core/failure.js';
import { loadAhead } from '../../core/load-ahead.js';
import type { Minute } from '../../core/minute.js';
import { countMinutes, intersect, type MinuteRange, subtractRanges, sumMinutes, toRanges } from '../../core/range.js';
import { readDatabaseClock } from '../../database/server-facts.js';
import type { Archive } from '../../exchange/archive/open-archive.js';
import { selectRanges } from '../../rows/candle-columns.js';
import { type ArchiveFileRecord, recordArchiveFiles } from '../../tables/archive-files.js';
import { openCompressedChunks } from '../../tables/engine/timescaledb/compressed-chunks.js';
import type { JobContext } from '../job.js';
import { addCounts, NO_COUNTS, type WriteCounts, type WriteOptions } from '../write/upsert-candles.js';
import { writeCandles } from '../write/write-candles.js';
import { loadMonth, type MonthCandles } from './load-month.js';
import { type ArchiveMonth, daysOf } from './plan-archive.js';

/** What was taken from the archive. */
export interface ArchiveResult {
  counts: WriteCounts;
  /** The wanted minutes of the planned days that the archive does not have, ordered. */
  lacking: MinuteRange[];
  /** The minutes among them of which it has candles off the minute, ordered. */
  offMinute: Minute[];
  /** Files that candles were taken from. */
  files: number;
  /** Wanted candles that the archive had. */
  candles: number;
  /** The files that were not used, each with the reason. */
  refused: string[];
  /** Why the archive was given up before the end; the days after that are in `lacking`. */
  failure: Failure | null;
}

/**
 * Takes the wanted minutes of the planned days from the archive and writes them, month after month; the next month is
 * read while one is written.
 *
 * When the archive fails, what was read before is written, and the rest is lacking.
 *
 * @param wanted ordered
 */
export async function fetchFromArchive(
  context: JobContext,
  archive: Archive,
  { months, wanted }: { months: readonly ArchiveMonth[]; wanted: readonly MinuteRange[] },
  options: WriteOptions,
): Promise<ArchiveResult> {
  const { store, signal, onProgress } = context;
  const planned = subtractRanges(wanted, subtractRanges(wanted, daysOf(months)));
  const result: ArchiveResult = {
    counts: NO_COUNTS,
    lacking: [],
    offMinute: [],
    files: 0,
    candles: 0,
    refused: [],
    failure: null,
  };
  await openCompressedChunks(store, planned);
  const found: MinuteRange[] = [];
  const total = sumMinutes(wanted);
  let done = 0;
  for await (const loaded of loadAhead(months, (month) => loadOrFail(archive, month, signal))) {
    throwIfStopped(signal);
    if (loaded instanceof Failure) {
      result.failure = loaded;
      break;
    }
    const parts = planned.map((range) => intersect(range, loaded.month)).filter(({ from, to }) => to > from);
    const candles = selectRanges(loaded.candles, parts);
    await recordFiles(context, loaded, options);
    result.counts = addCounts(result.counts, await writeCandles(store, candles, options));
    found.push(...toRanges(candles.openTime));
    result.offMinute.push(...loaded.offMinute);
    result.files += loaded.files.filter(({ used }) => used.length > 0).length;
    result.candles += candles.length;
    result.refused.push(...loaded.refused);
    done += sumMinutes(parts);
    onProgress?.({ symbol: options.symbol, done, total, unit: 'minutes' });
  }
  result.lacking = subtractRanges(planned, found);
  return result;
}

/** A month, or the failure of the archive: errors of the database are thrown. */
async function loadOrFail(
  archive: Archive,
  month: ArchiveMonth,
  signal: AbortSignal | undefined,
): Promise<MonthCandles | Failure> {
  try {
    return await loadMonth(archive, month, signal);
  } catch (error) {
    throwIfStopped(signal);
    if (error instanceof Failure) return error;
    throw error;
  }
}

async function recordFiles(
  { store }: JobContext,
  { files }: MonthCandles,
  { symbol, jobId }: WriteOptions,
): Promise<void> {
  const records = files.map(({ file: checked, used }): ArchiveFileRecord => {
    const { file, url, sha256, isVerified, etag, lastModified, entryTime, candles, rows, duplicates } = checked;
    const missing = countMinutes(file.range) - candles.length;
    const facts = { url, sha256, isVerified, etag, lastModified, entryTime, rows, missing, duplicates };
    return { symbol, name: file.name, range: file.range, ...facts, used, jobId };
  });
  await recordArchiveFiles(store.knex, records, await readDatabaseClock(store.knex));
}
