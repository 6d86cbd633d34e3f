import { hasSameNumbers } from '../../core/candle.js';
import { DAY_MS, formatMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { mergeRanges, type MinuteRange } from '../../core/range.js';
import { type ArchiveFile, floorDay } from '../../exchange/archive/archive-file.js';
import { ArchiveFault } from '../../exchange/archive/archive-fault.js';
import type { CheckedFile } from '../../exchange/archive/check-file.js';
import type { Archive } from '../../exchange/archive/open-archive.js';
import { type CandleColumns, candleAt, joinColumns, sliceRange } from '../../rows/candle-columns.js';
import type { ArchiveMonth } from './plan-archive.js';

/** A file, and the minutes for which it is used. */
export interface UsedFile {
  file: CheckedFile;
  /** Ordered; none for a month's file that differs from the daily ones. */
  used: MinuteRange[];
}

/** What the archive has of the days of one month. */
export interface MonthCandles {
  month: ArchiveMonth;
  /** In order, each minute once. */
  candles: CandleColumns;
  /** The minutes of which the archive has candles off the minute, ordered. */
  offMinute: Minute[];
  files: UsedFile[];
  /** The files that were not used, each with the reason: `BTCUSDT-1m-2020-01.zip: ...`. */
  refused: string[];
}

const DAY_MINUTES = DAY_MS / MINUTE_MS;

/**
 * Reads the days of a month, from the month's file or from those of the days.
 *
 * A month's file is compared with the file of one of its days: where they differ, Binance's API agrees with the day, so
 * all days are then read from their own files. So are the days of which the month lacks minutes. A file that is faulty or
 * does not exist never keeps another one from being read.
 *
 * @throws Failure when the archive cannot be read
 */
export async function loadMonth(archive: Archive, month: ArchiveMonth, signal?: AbortSignal): Promise<MonthCandles> {
  const refused: string[] = [];
  const own = new Map<ArchiveFile, CheckedFile>();
  const readDays = async (days: readonly ArchiveFile[]) => {
    for (const [i, file] of (await readFiles(archive, days, refused, signal)).entries()) {
      if (file) own.set(days[i]!, file);
    }
  };
  const [whole = null] = await readFiles(archive, month.file ? [month.file] : [], refused, signal);
  const parts = whole?.candles;
  const partOf = ({ range }: ArchiveFile) => (parts ? sliceRange(parts, range) : undefined);
  const complete = month.days.filter((day) => partOf(day)?.length === DAY_MINUTES);
  const sample = complete[Math.floor(complete.length / 2)];
  const short = month.days.filter((day) => !complete.includes(day));
  await readDays(sample ? [sample, ...short] : short);
  const difference = parts && findDifference(parts, own.values());
  if (!whole || difference === undefined) return { month, ...combine(month.days, whole, own), refused };
  refused.push(`${whole.file.name}: it differs from the daily file at ${formatMinute(difference)}`);
  await readDays(month.days.filter((day) => !own.has(day)));
  const days = combine(month.days, null, own);
  return { month, ...days, files: [{ file: whole, used: [] }, ...days.files], refused };
}

/** Reads files at the same time; null for those that do not exist, and for those that are not to be used. */
async function readFiles(
  archive: Archive,
  files: readonly ArchiveFile[],
  refused: string[],
  signal: AbortSignal | undefined,
): Promise<(CheckedFile | null)[]> {
  const read = async (file: ArchiveFile) => {
    try {
      return await archive.fetchFile(file, signal);
    } catch (error) {
      if (!(error instanceof ArchiveFault)) throw error;
      refused.push(`${file.name}: ${error.message}`);
      return null;
    }
  };
  const outcomes = await Promise.allSettled(files.map(read)); // none goes on after this function has failed
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** The first minute of which a month's file and a day's file have different candles. */
function findDifference(monthly: CandleColumns, own: Iterable<CheckedFile>): Minute | undefined {
  for (const { file, candles } of own) {
    const part = sliceRange(monthly, file.range);
    let at = 0;
    for (let i = 0; i < candles.length; i += 1) {
      while (at < part.length && part.openTime[at]! < candles.openTime[i]!) at += 1;
      if (part.openTime[at] !== candles.openTime[i]) continue;
      if (!hasSameNumbers(candleAt(part, at), candleAt(candles, i))) return candles.openTime[i];
    }
  }
  return undefined;
}

/** Takes each day from its own file, unless the month's file has more minutes of it. */
function combine(
  days: readonly ArchiveFile[],
  whole: CheckedFile | null | undefined,
  own: ReadonlyMap<ArchiveFile, CheckedFile>,
): Pick<MonthCandles, 'candles' | 'offMinute' | 'files'> {
  const parts: CandleColumns[] = [];
  const offMinute: Minute[] = [];
  const files: UsedFile[] = [];
  const ofMonth: MinuteRange[] = [];
  for (const day of days) {
    const part = whole && sliceRange(whole.candles, day.range);
    const file = own.get(day);
    if (file && file.candles.length >= (part?.length ?? 0)) {
      parts.push(file.candles);
      offMinute.push(...file.offMinute);
      files.push({ file, used: [day.range] });
    } else if (whole && part) {
      parts.push(part);
      offMinute.push(...whole.offMinute.filter((minute) => floorDay(minute) === day.range.from));
      ofMonth.push(day.range);
    }
  }
  if (whole && ofMonth.length > 0) files.unshift({ file: whole, used: mergeRanges(ofMonth) });
  return { candles: joinColumns(parts), offMinute, files };
}
