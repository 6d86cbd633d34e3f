import { Failure } from './failure.js';
import { MINUTE_MS, type Minute } from './minute.js';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?$/i;
const HINT = 'expected a time such as 2025-06-01T12:00Z or 2025-06-01T14:00+02:00, or a date such as 2025-06-01';

/**
 * The instant that a text names, epoch milliseconds: ISO 8601 with `Z` or an offset, or a date, which means its
 * midnight in UTC.
 *
 * @throws Failure (usage) for anything else: without an offset, or a day that does not exist.
 * @example parseInstant('2025-06-01T14:00:30+02:00') // 1748779230000
 */
export function parseInstant(text: string): number {
  const date = DATE.exec(text);
  if (date) return toInstant(text, date.slice(1, 4).map(Number), 0);
  const time = TIME.exec(text);
  if (!time) throw new Failure('usage', `time "${text}" was not understood`, { hint: HINT });
  const [, , , , , , seconds = '0', fraction = '0', zulu, sign, offsetHours = '0', offsetMinutes = '0'] = time;
  if (!zulu && !sign) {
    throw new Failure('usage', `time "${text}" has no offset`, { hint: `for UTC write "${text.replace(' ', 'T')}Z"` });
  }
  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes));
  if (Math.abs(offset) > 14 * 60 || Number(offsetMinutes) > 59) throw toInvalidTimeFailure(text);
  // rounded up, so that an instant off the minute is never taken for the minute
  const milliseconds = Math.ceil(Number(fraction.padEnd(9, '0')) / 1e6);
  return toInstant(text, [...time.slice(1, 6).map(Number), Number(seconds)], offset) + milliseconds;
}

/**
 * The minute that a text names, in the forms of `parseInstant`.
 *
 * @throws Failure (usage) also for an instant off the minute.
 * @example parseMinute('2025-06-01T14:00+02:00') // 1748779200000
 */
export function parseMinute(text: string): Minute {
  const instant = parseInstant(text);
  if (instant % MINUTE_MS === 0) return instant;
  throw new Failure('usage', `time "${text}" is not on a whole minute`, { hint: 'leave the seconds out' });
}

/** Date and time of day as an instant; a day or hour that the calendar does not have is refused. */
function toInstant(text: string, parts: number[], offsetMinutes: number): number {
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = parts;
  const local = Date.UTC(year, month - 1, day, hours, minutes, seconds);
  const read = new Date(local);
  const isReal =
    read.getUTCFullYear() === year &&
    read.getUTCMonth() === month - 1 &&
    read.getUTCDate() === day &&
    hours < 24 &&
    minutes < 60 &&
    seconds < 60;
  if (!isReal) throw toInvalidTimeFailure(text);
  return local - offsetMinutes * MINUTE_MS;
}

function toInvalidTimeFailure(text: string): Failure {
  return new Failure('usage', `time "${text}" does not exist`, { hint: HINT });
}
