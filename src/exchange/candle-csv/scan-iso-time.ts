const [MINUS, PLUS, COLON, POINT, SPACE, LETTER_T, LETTER_Z] = [0x2d, 0x2b, 0x3a, 0x2e, 0x20, 0x54, 0x5a];
const ZERO = 0x30;
/** Days of the months that every year has. */
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const SECOND_MS = 1_000;
const TIME_AT = 11;
const SECONDS_AT = 16;

/**
 * The instant of a UTC time as databases and programs write it, `2025-06-01T12:00:00.000Z` or `2025-06-01 12:00:00+00`,
 * from its bytes; NaN for everything else, which `parseInstant` reads or refuses.
 */
export function scanIsoTime(csv: Buffer, from: number, end: number): number {
  const separator = csv[from + TIME_AT - 1];
  const isForm =
    csv[from + 4] === MINUS &&
    csv[from + 7] === MINUS &&
    (separator === LETTER_T || separator === SPACE) &&
    csv[from + 13] === COLON;
  if (!isForm || end - from <= SECONDS_AT) return NaN;
  const year = twoDigits(csv, from) * 100 + twoDigits(csv, from + 2);
  const [month, day] = [twoDigits(csv, from + 5), twoDigits(csv, from + 8)];
  const [hours, minutes] = [twoDigits(csv, from + TIME_AT), twoDigits(csv, from + 14)];
  let at = from + SECONDS_AT;
  let seconds = 0;
  if (csv[at] === COLON) {
    seconds = twoDigits(csv, at + 1);
    at += 3;
    if (csv[at] === POINT) for (at += 1; csv[at] === ZERO;) at += 1;
  }
  const isReal =
    year >= 1970 && day >= 1 && day <= (DAYS[month - 1] ?? NaN) && hours < 24 && minutes < 60 && seconds < 60;
  if (!isReal || !isZulu(csv, at, end)) return NaN;
  return Date.UTC(year, month - 1, day, hours, minutes) + seconds * SECOND_MS;
}

/** Whether the rest of a time is `Z`, `+00`, `+0000` or `+00:00`. */
function isZulu(csv: Buffer, at: number, end: number): boolean {
  if (csv[at] === LETTER_Z) return end === at + 1;
  if (csv[at] !== PLUS || twoDigits(csv, at + 1) !== 0) return false;
  if (end === at + 3) return true;
  const minutesAt = csv[at + 3] === COLON ? at + 4 : at + 3;
  return twoDigits(csv, minutesAt) === 0 && end === minutesAt + 2;
}

function twoDigits(csv: Buffer, at: number): number {
  const [tens, ones] = [csv[at]! - ZERO, csv[at + 1]! - ZERO];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}
