import { DAY_MS, type Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';

/** One zip file of Binance's public archive: the one-minute klines of a symbol in a UTC month or a UTC day. */
export interface ArchiveFile {
  /** Such as BTCUSDT. */
  symbol: string;
  /** Whether the file is one of a UTC month or of a UTC day. */
  period: 'month' | 'day';
  /** The minutes of the period. */
  range: MinuteRange;
  /** As in `BTCUSDT-1m-2020-01.zip`; the entry has the same name with `.csv`. */
  name: string;
}

const FOLDERS = { month: 'monthly', day: 'daily' } as const;
/** Month and day without a leading zero exist in old names. */
const NAME = /^(.+)-1m-(\d{4})-(\d{1,2})(?:-(\d{1,2}))?\.(?:zip|csv)$/u;

/** The file of the month that holds an instant. */
export function monthFile(symbol: string, timeMs: number): ArchiveFile {
  const date = new Date(timeMs);
  return toFile(symbol, 'month', date.getUTCFullYear(), date.getUTCMonth());
}

/** The file of the day that holds an instant. */
export function dayFile(symbol: string, timeMs: number): ArchiveFile {
  const date = new Date(timeMs);
  return toFile(symbol, 'day', date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}

/** The beginning of the UTC day that holds an instant. */
export function floorDay(timeMs: number): Minute {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}

/**
 * The file that a name stands for, of a zip or of the CSV in it; undefined for every other name, also that of a date that
 * does not exist.
 */
export function parseFileName(name: string): ArchiveFile | undefined {
  const parts = NAME.exec(name);
  if (!parts) return undefined;
  const [symbol, year, month, day] = [parts[1]!, Number(parts[2]), Number(parts[3]), parts[4]];
  const date = new Date(Date.UTC(year, month - 1, day === undefined ? 1 : Number(day)));
  if (date.getUTCMonth() !== month - 1 || (day !== undefined && date.getUTCDate() !== Number(day))) return undefined;
  const file = day === undefined ? monthFile(symbol, date.getTime()) : dayFile(symbol, date.getTime());
  return { ...file, name: name.replace(/\.csv$/, '.zip') };
}

/** The folder of a symbol's files, from the archive's base URL. The symbol is not percent-encoded. */
export function folderOf(symbol: string, period: ArchiveFile['period']): string {
  return `data/spot/${FOLDERS[period]}/klines/${symbol}/1m/`;
}

/** The path of a file from the archive's base URL, not percent-encoded: the key in the listing. */
export function pathOf({ symbol, period, name }: ArchiveFile): string {
  return folderOf(symbol, period) + name;
}

/** The name of the one entry of a file. */
export function entryOf({ name }: ArchiveFile): string {
  return name.replace(/\.zip$/, '.csv');
}

function toFile(symbol: string, period: ArchiveFile['period'], year: number, month: number, day = 1): ArchiveFile {
  const from = Date.UTC(year, month, day);
  const to = period === 'month' ? Date.UTC(year, month + 1, 1) : from + DAY_MS;
  const date = new Date(from).toISOString().slice(0, period === 'month' ? 7 : 10);
  return { symbol, period, range: { from, to }, name: `${symbol}-1m-${date}.zip` };
}
