import { MINUTE_MS } from '../core/minute.js';
import { formatRange, type MinuteRange } from '../core/range.js';
import { ArchiveFault } from './archive/archive-fault.js';
import { isWithinMinute } from './check-candles.js';

const [NEWLINE, RETURN] = [0x0a, 0x0d];
const ZERO = 0x30;
const NINE = 0x39;
/** The digits of a time in milliseconds and in microseconds, from 2001 to 2286. */
const MILLISECOND_DIGITS = 13;
const MICROSECOND_DIGITS = 16;

/** A time in epoch milliseconds; microseconds are cut, and those of an open time must be whole milliseconds. */
export function parseTime(csv: Buffer, from: number, end: number, line: number, what: 'open' | 'close'): number {
  const digits = end - from;
  let value = 0;
  for (let i = from; i < end; i += 1) value = isDigit(csv[i]) ? value * 10 + csv[i]! - ZERO : NaN;
  if (digits === MILLISECOND_DIGITS && !Number.isNaN(value)) return value;
  const isWhole = what === 'close' || value % 1000 === 0;
  if (digits === MICROSECOND_DIGITS && !Number.isNaN(value) && isWhole) return Math.floor(value / 1000);
  const shown = csv.toString('latin1', from, Math.min(end, from + 40));
  throw invalidLine(line, `its ${what} time is "${shown}", expected 13 digits (milliseconds) or 16 (microseconds)`);
}

/** @throws ArchiveFault (`content`) for a time outside of the period */
export function requirePeriod(openTime: number, period: MinuteRange, line: number): void {
  if (period.from <= openTime && openTime < period.to) return;
  throw invalidLine(
    line,
    `its open time is ${new Date(openTime).toISOString()}, expected one of ${formatRange(period)}`,
  );
}

/** The close time reveals candles of another interval. Where trading halted it is irregular, but within the minute. */
export function requireOneMinute(openTime: number, closeTime: number, line: number): void {
  if (isWithinMinute(openTime, closeTime)) return;
  throw invalidLine(
    line,
    `its close time is ${closeTime - openTime + 1} ms after its open time, expected ${MINUTE_MS}`,
  );
}

/** Where a line ends, without its line break, and where the next one begins. */
export function findLineEnd(csv: Buffer, from: number): { end: number; next: number } {
  const newline = csv.indexOf(NEWLINE, from);
  const end = newline === -1 ? csv.length : newline;
  const isReturn = end > from && csv[end - 1] === RETURN;
  return { end: isReturn ? end - 1 : end, next: newline === -1 ? csv.length : newline + 1 };
}

/** Whether a byte is a decimal digit of ASCII. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** The fault of a line. */
export function invalidLine(line: number, what: string): ArchiveFault {
  return new ArchiveFault('content', `line ${line}: ${what}`);
}
