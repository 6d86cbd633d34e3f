import type { Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { ArchiveFileRecord } from '../../tables/archive-files.js';
import type { CandleColumns } from '../../rows/candle-columns.js';

/** What is recorded of a file. */
export type FileFacts = Omit<ArchiveFileRecord, 'symbol' | 'used' | 'jobId'>;

/** The rows that a file has of one symbol, checked. */
export interface CheckedRows {
  facts: FileFacts;
  /** The minutes with a candle, ordered. */
  minutes: MinuteRange[];
  /** The minutes with rows that differ, in order; they have no candle. */
  conflicting: Minute[];
  /** How many minutes have a candle off the minute, and none therefore. */
  offMinute: number;
  /** Rows of other sources than Binance. */
  otherSource: number;
  /** Rows of a minute that was not over. */
  open: number;
  /** The candles of some of the minutes, in order, in parts that are written together. */
  read(wanted: readonly MinuteRange[]): Iterable<CandleColumns> | AsyncIterable<CandleColumns>;
}

/** A file with rows of one symbol. */
export interface ImportSource {
  symbol: string;
  /** Absolute. */
  path: string;
  /** The minutes that the file may have of the symbol. */
  range: MinuteRange;
  /** Of files with the same minutes the first one is believed: Binance's daily files before its monthly ones. */
  rank: SourceRank;
  /**
   * Reads and checks the rows.
   *
   * @throws ArchiveFault, Failure for a file that is not to be used
   */
  open(): Promise<CheckedRows>;
}

/** The order of trust. */
export const SOURCE_RANKS = ['day', 'month', 'csv'] as const;
export type SourceRank = (typeof SOURCE_RANKS)[number];

/** Sorts sources by month, then by the order of trust, then by time. */
export function sortSources(sources: readonly ImportSource[]): ImportSource[] {
  const keysOf = ({ range, rank }: ImportSource) => [toMonth(range.from), SOURCE_RANKS.indexOf(rank), range.from];
  return sources
    .map((source) => ({ source, keys: keysOf(source) }))
    .sort((a, b) => a.keys.map((key, i) => key - b.keys[i]!).find((difference) => difference !== 0) ?? 0)
    .map(({ source }) => source);
}

function toMonth(minute: Minute): Minute {
  const date = new Date(minute);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}
