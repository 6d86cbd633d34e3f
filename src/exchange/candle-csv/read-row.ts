import type { Candle } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { formatMinute } from '../../core/minute.js';
import { parseInstant } from '../../core/parse-time.js';
import { toStoredForm } from '../../core/symbol.js';
import { invalidLine, isDigit, parseTime, requireOneMinute } from '../kline-line.js';
import { findFault } from '../check-candles.js';
import { scanDecimal } from '../scan-decimal.js';
import type { CsvLayout } from './csv-layout.js';
import { scanIsoTime } from './scan-iso-time.js';
import { type FieldBounds, fieldText } from './split-fields.js';

/** Binance's own rows as our table names them; a row without a source counts as one. */
const BINANCE_SOURCES: ReadonlySet<string> = new Set(['', 'BINANCE', 'BINANCE_BACKFILL']);
/** A decimal with an exponent, as programs write small numbers: `1e-05`. */
const WITH_EXPONENT = /^-?(\d+\.?\d*|\.\d+)e[+-]?\d{1,3}$/i;
/** The length of a date without a time of day. */
const DATE_LENGTH = 10;

/** The symbol of a row as it is stored, if a column says it. */
export function readSymbol(csv: Buffer, bounds: FieldBounds, { symbol }: CsvLayout): string | undefined {
  const text = symbol === undefined ? '' : fieldText(csv, bounds, symbol);
  return text === '' ? undefined : toStoredForm(text);
}

/** Whether a row is of Binance, as far as a column says it. */
export function isOfBinance(csv: Buffer, bounds: FieldBounds, { source }: CsvLayout): boolean {
  return source === undefined || BINANCE_SOURCES.has(fieldText(csv, bounds, source).toUpperCase());
}

/**
 * When a row's candle opens, epoch milliseconds: of milliseconds, of microseconds, or of ISO 8601 with `Z` or an offset.
 *
 * @throws ArchiveFault (`content`)
 */
export function readOpenTime(csv: Buffer, bounds: FieldBounds, layout: CsvLayout, line: number): number {
  const [from, end] = [bounds[2 * layout.timestamp]!, bounds[2 * layout.timestamp + 1]!];
  if (layout.closeTime !== undefined || isNumber(csv, from, end)) {
    const openTime = parseTime(csv, from, end, line, 'open');
    if (layout.closeTime !== undefined) {
      const [closeFrom, closeEnd] = [bounds[2 * layout.closeTime]!, bounds[2 * layout.closeTime + 1]!];
      requireOneMinute(openTime, parseTime(csv, closeFrom, closeEnd, line, 'close'), line);
    }
    return openTime;
  }
  const utc = scanIsoTime(csv, from, end);
  return Number.isNaN(utc) ? parseText(csv.toString('utf8', from, end), line) : utc;
}

function parseText(text: string, line: number): number {
  try {
    if (text.length > DATE_LENGTH) return parseInstant(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw invalidLine(line, `${error.message}; ${error.hint}`);
  }
  throw invalidLine(line, `time "${text}" was not understood; expected a time such as 2025-06-01T12:00Z`);
}

/**
 * The candle of a row.
 *
 * @throws ArchiveFault (`content`) for one that is not sound
 */
export function readCandle(
  csv: Buffer,
  bounds: FieldBounds,
  { numbers }: CsvLayout,
  { openTime, line }: { openTime: number; line: number },
): Candle {
  const field = (i: number) => readNumber(csv, bounds[2 * numbers[i]!]!, bounds[2 * numbers[i]! + 1]!);
  const candle = { openTime, open: field(0), high: field(1), low: field(2), close: field(3), volume: field(4) };
  const fault = findFault(candle);
  if (fault === undefined) return candle;
  const shown = numbers.map((column) => fieldText(csv, bounds, column)).join(',');
  throw invalidLine(line, `${formatMinute(openTime)}: ${fault}, in "${shown}"`);
}

function readNumber(csv: Buffer, from: number, end: number): number {
  const value = scanDecimal(csv, from, end);
  if (!Number.isNaN(value)) return value;
  const text = csv.toString('latin1', from, end);
  return WITH_EXPONENT.test(text) ? Number(text) : NaN;
}

function isNumber(csv: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if (!isDigit(csv[at])) return false;
  return end > from;
}
