import { DAY_MS, type Minute } from '../../core/minute.js';
import { countMinutes, intersect, type MinuteRange } from '../../core/range.js';
import type { Via } from '../../exchange/archive/archive-config.js';
import { type ArchiveFile, dayFile, floorDay, monthFile } from '../../exchange/archive/archive-file.js';

/** The days of one UTC month that are taken from the archive. */
export interface ArchiveMonth extends MinuteRange {
  /** The file of the whole month, if it is to be tried; else the days' files are. */
  file: ArchiveFile | null;
  /** The files of the wanted days, in order. */
  days: ArchiveFile[];
}

/** A day's file is made in the hours after the day, and repaired in the days after it. */
const MIN_AGE_MS = 2 * DAY_MS;
/** Fewer candles are three requests to the API. */
const MIN_CANDLES = 2_000;
/** Of a day of which fewer minutes are wanted the API needs one request, the archive the whole file. */
const MIN_MINUTES_A_DAY = 720;
/** From so many days on the month's file is smaller than those of the days, and two requests instead of many. */
const MIN_DAYS_A_MONTH = 8;
/** Monthly files of this time differ from the daily ones and the API, which agree with each other. */
const DISTRUSTED_MONTHS = { from: Date.UTC(2020, 11, 1), to: Date.UTC(2022, 4, 1) };

/**
 * The days that are taken from the archive, by month: past UTC days that are two full days old.
 *
 * With `auto` a day must lack more than half of its minutes, and all such days together more than 2,000; with `archive`
 * every day of which a minute is wanted.
 *
 * @param wanted minutes to fetch, ordered
 * @param nowMs the exchange's clock
 */
export function planArchive(wanted: readonly MinuteRange[], symbol: string, nowMs: number, via: Via): ArchiveMonth[] {
  if (via === 'api') return [];
  const minutes = countByDay(wanted, floorDay(nowMs) - MIN_AGE_MS);
  const chosen = [...minutes].filter(([, count]) => via === 'archive' || count > MIN_MINUTES_A_DAY);
  const candles = chosen.reduce((sum, [, count]) => sum + count, 0);
  if (via === 'auto' && candles <= MIN_CANDLES) return [];
  return groupByMonth(
    symbol,
    chosen.map(([day]) => day),
    nowMs,
  );
}

/** The minutes of the days of a plan, ordered. */
export function daysOf(months: readonly ArchiveMonth[]): MinuteRange[] {
  return months.flatMap(({ days }) => days.map(({ range }) => range));
}

/** The wanted minutes of each day that ends at `end` or earlier, in order. */
function countByDay(wanted: readonly MinuteRange[], end: Minute): Map<Minute, number> {
  const minutes = new Map<Minute, number>();
  for (const range of wanted) {
    for (let day = floorDay(range.from); day < Math.min(range.to, end); day += DAY_MS) {
      const part = countMinutes(intersect(range, { from: day, to: day + DAY_MS }));
      minutes.set(day, (minutes.get(day) ?? 0) + part);
    }
  }
  return minutes;
}

function groupByMonth(symbol: string, days: readonly Minute[], nowMs: number): ArchiveMonth[] {
  const months = new Map<Minute, ArchiveFile[]>();
  for (const day of days) {
    const { from } = monthFile(symbol, day).range;
    months.set(from, [...(months.get(from) ?? []), dayFile(symbol, day)]);
  }
  return [...months].map(([from, files]) => {
    const month = monthFile(symbol, from);
    const isDistrusted = DISTRUSTED_MONTHS.from <= from && from < DISTRUSTED_MONTHS.to;
    const isUsed = files.length >= MIN_DAYS_A_MONTH && !isDistrusted && month.range.to + MIN_AGE_MS <= nowMs;
    return { ...month.range, file: isUsed ? month : null, days: files };
  });
}

/** Bytes of a file of a large pair, for a plan without a listing: medians of BTCUSDT. */
const TYPICAL_BYTES = { month: 2_200_000, day: 71_500 };
/** Candles that are fetched, checked and stored in a second on a common machine. */
const CANDLES_A_SECOND = 25_000;
/** Requests in a second that keep within Binance's limit of weight. */
const REQUESTS_A_SECOND = 20;

/** The files of a month: its own and the daily one that it is compared with, or those of the days. */
export function countFiles({ file, days }: ArchiveMonth): number {
  return file ? 2 : days.length;
}

/**
 * The size of the files of a month.
 *
 * @param listedBytes the size of the month's file, if it is known; that of the daily files is estimated
 */
export function estimateBytes(month: ArchiveMonth, listedBytes?: number): number {
  if (!month.file) return month.days.length * TYPICAL_BYTES.day;
  return (listedBytes || TYPICAL_BYTES.month) + TYPICAL_BYTES.day;
}

/** The seconds that fetching and storing candles takes, roughly. */
export function estimateSeconds(candles: number, requests: number): number {
  return Math.ceil(candles / CANDLES_A_SECOND + requests / REQUESTS_A_SECOND);
}
