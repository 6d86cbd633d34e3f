import type { Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { CsvLayout } from './csv-layout.js';
import type { ByteRange } from './read-blocks.js';

/** Where the rows of a symbol in a UTC month are: between them may be others. */
export interface CsvMonth {
  /** The beginning of the month. */
  from: Minute;
  bytes: ByteRange;
  /** The line at the beginning of `bytes`. */
  line: number;
}

/** What a CSV has of one symbol. */
export interface CsvSymbol {
  symbol: string;
  /** All rows of it. */
  rows: number;
  /** The minutes with a candle, ordered. */
  minutes: MinuteRange[];
  /** Rows that repeat another one. */
  duplicates: number;
  /** The minutes with rows that differ, in order; they have no candle. */
  conflicting: Minute[];
  /** The minutes in which a candle off the minute begins, in order; they have no candle. */
  offMinute: Minute[];
  /** Rows of other sources than Binance. */
  otherSource: number;
  /** Rows of a minute that is not over. */
  open: number;
  /** In order. */
  months: CsvMonth[];
}

/** A CSV of candles whose rows were all checked. */
export interface ScannedCsv {
  layout: CsvLayout;
  /** The symbol of rows that do not say it. */
  defaultSymbol: string | undefined;
  sha256: string;
  /** In the order in which the file has them. */
  symbols: CsvSymbol[];
}
