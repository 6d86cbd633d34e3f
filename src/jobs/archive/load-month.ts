import { type Candle, hasSameNumbers } from '../../core/candle.js';
import { DAY_MS, formatMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { mergeRanges, type MinuteRange } from '../../core/range.js';
import { type ArchiveFile, floorDay } from '../../exchange/archive/archive-file.js';
import { ArchiveFault } from '../../exchange/archive/archive-fault.js';
import type { CheckedFile } from '../../exchange/archive/check-file.js';
import type { Archive } from '../../exchange/archive/open-archive.js';
import type { ArchiveMonth } from './plan-archive.js';

/** A file, and the minutes for which it is used. */
export interface UsedFile {
  file: CheckedFile;
  /** Ordered. */
  used: MinuteRange[];
}

/** What the archive has of the days of one month. */
export interface MonthCandles {
  month: ArchiveMonth;
  /** In order, each minute once. */
  candles: Candle[];
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
  const parts = whole ? divideByDay(whole.candles) : new Map<Minute, Candle[]>();
  const complete = month.days.filter(({ range }) => parts.get(range.from)?.length === DAY_MINUTES);
  const sample = complete[Math.floor(complete.length / 2)];
  const short = month.days.filter((day) => !complete.includes(day));
  await readDays(sample ? [sample, ...short] : short);
  const difference = findDifference(parts, own.values());
  if (whole && difference !== undefined) {
    refused.push(`${whole.file.name}: it differs from the daily file at ${formatMinute(difference)}`);
    parts.clear();
    await readDays(month.days.filter((day) => !own.has(day)));
  }
  return { month, ...combine(month.days, whole, parts, own), refused };
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

/** The candles of a month's file by the beginning of their day. */
function divideByDay(candles: readonly Candle[]): Map<Minute, Candle[]> {
  const days = new Map<Minute, Candle[]>();
  for (const candle of candles) {
    const day = floorDay(candle.openTime);
    const part = days.get(day);
    if (part) part.push(candle);
    else days.set(day, [candle]);
  }
  return days;
}

/** The first minute of which a month's file and a day's file have different candles. */
function findDifference(parts: ReadonlyMap<Minute, readonly Candle[]>, own: Iterable<CheckedFile>): Minute | undefined {
  for (const { file, candles } of own) {
    const monthly = new Map(parts.get(file.range.from)?.map((candle) => [candle.openTime, candle]));
    const differing = candles.find(({ openTime }, i) => {
      const other = monthly.get(openTime);
      return other !== undefined && !hasSameNumbers(other, candles[i]!);
    });
    if (differing) return differing.openTime;
  }
  return undefined;
}

/** Takes each day from its own file, unless the month's file has more minutes of it. */
function combine(
  days: readonly ArchiveFile[],
  whole: CheckedFile | null,
  parts: ReadonlyMap<Minute, Candle[]>,
  own: ReadonlyMap<ArchiveFile, CheckedFile>,
): Pick<MonthCandles, 'candles' | 'offMinute' | 'files'> {
  const candles: Candle[] = [];
  const offMinute: Minute[] = [];
  const files: UsedFile[] = [];
  const ofMonth: MinuteRange[] = [];
  for (const day of days) {
    const part = parts.get(day.range.from) ?? [];
    const file = own.get(day);
    const isOwn = file !== undefined && file.candles.length >= part.length;
    candles.push(...(isOwn ? file.candles : part));
    if (isOwn) {
      offMinute.push(...file.offMinute);
      files.push({ file, used: [day.range] });
    } else if (whole && parts.size > 0) {
      offMinute.push(...whole.offMinute.filter((minute) => floorDay(minute) === day.range.from));
      ofMonth.push(day.range);
    }
  }
  if (whole && ofMonth.length > 0) files.unshift({ file: whole, used: mergeRanges(ofMonth) });
  return { candles, offMinute, files };
}
