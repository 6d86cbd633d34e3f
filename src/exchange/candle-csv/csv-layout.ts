import { CANDLE_FIELDS } from '../../core/candle.js';
import { ArchiveFault } from '../archive/archive-fault.js';
import { isDigit } from '../kline-line.js';
import { createBounds, fieldText, splitFields } from './split-fields.js';

/** Where the columns of a CSV of candles are. */
export interface CsvLayout {
  /** Fields of every line. */
  fields: number;
  /** Whether the first line names the columns. */
  hasHeader: boolean;
  timestamp: number;
  /** Open, high, low, close, volume. */
  numbers: readonly number[];
  /** Binance's close time, which shows a candle's length. */
  closeTime: number | undefined;
  symbol: number | undefined;
  source: number | undefined;
}

/** Binance's 12 columns, by their order. */
const BINANCE: CsvLayout = {
  fields: 12,
  hasHeader: false,
  timestamp: 0,
  numbers: [1, 2, 3, 4, 5],
  closeTime: 6,
  symbol: undefined,
  source: undefined,
};

/** What a CSV of candles looks like, for the end of "expected ...". */
export const CSV_FORM = "Binance's 12 columns, or a header with timestamp,open,high,low,close,volume";

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The length of the byte order mark at the beginning of a file. */
export function skipByteOrderMark(csv: Buffer): number {
  return csv.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
}

/**
 * The layout that the first line of a CSV shows; undefined when it is not one of candles.
 *
 * @throws ArchiveFault (`content`) for a header that names a column twice
 */
export function readLayout(csv: Buffer, from: number, end: number): CsvLayout | undefined {
  const bounds = createBounds();
  const fields = splitFields(csv, from, end, bounds);
  if (isDigit(csv[bounds[0]!])) return fields === BINANCE.fields ? BINANCE : undefined;
  if (fields * 2 > bounds.length) return undefined;
  const names = Array.from({ length: fields }, (_, i) => fieldText(csv, bounds, i).toLowerCase());
  const numbers = CANDLE_FIELDS.map((name) => names.indexOf(name));
  const timestamp = names.indexOf('timestamp');
  if (timestamp === -1 || numbers.includes(-1)) {
    // the header of Binance's futures: open_time,open,high,low,close,volume,close_time,...
    const isBinance = fields === BINANCE.fields && numbers.every((column, i) => column === i + 1);
    return isBinance ? { ...BINANCE, hasHeader: true } : undefined;
  }
  const [symbol, source] = [names.indexOf('symbol'), names.indexOf('source')];
  const twice = [timestamp, ...numbers, symbol, source].find(
    (column) => names.indexOf(names[column]!, column + 1) !== -1,
  );
  if (twice !== undefined && twice !== -1) {
    throw new ArchiveFault('content', `its header names "${names[twice]}" twice`);
  }
  return {
    fields,
    hasHeader: true,
    timestamp,
    numbers,
    closeTime: undefined,
    symbol: symbol === -1 ? undefined : symbol,
    source: source === -1 ? undefined : source,
  };
}
