import { Failure } from '../../core/failure.js';

/** The greatest time that a Date can hold; the server knows later ones, and infinity. */
const END_OF_TIME = 8.64e15;
/** After this year, or so long before year 0, a time can be one that no Date holds. */
const LAST_YEARS = 270_000;
/** 4713 BC, the first year that the server knows, and 10000, from which on ISO 8601 writes a sign that it refuses. */
const [FIRST_YEAR, SIGNED_YEAR] = [-4712, 10_000];

/**
 * A time as PostgreSQL reads it: ISO 8601, but years of five digits have no sign, and those before year 1 say BC.
 *
 * @example toTimestampText(Date.UTC(10000, 0, 1)) // '10000-01-01T00:00:00.000Z'
 */
export function toTimestampText(time: Date): string {
  const year = time.getUTCFullYear();
  if (year > 0 && year < SIGNED_YEAR) return time.toISOString();
  if (year < FIRST_YEAR) return '-infinity';
  const rest = time.toISOString().replace(/^[+-]?\d+/, '');
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}

/**
 * The time that PostgreSQL printed; what lies outside of a Date's time is its end or its beginning.
 *
 * @throws Failure for a text that is no time
 */
export function parseTimestampText(text: string): Date {
  const [, year = '', rest = '', era] = /^(\d{4,7})(-\d\d-\d\d \d\d:\S+?)( BC)?$/.exec(text) ?? [];
  const counted = era ? 1 - Number(year) : Number(year);
  const isPlain = counted >= 1000 && counted < SIGNED_YEAR; // the language takes 0001 for 2001
  const time = new Date(isPlain ? text : toSigned(counted, rest));
  if (year !== '' && !Number.isNaN(time.getTime())) return time;
  if (text === 'infinity' || counted > LAST_YEARS) return new Date(END_OF_TIME);
  if (text === '-infinity' || counted < -LAST_YEARS) return new Date(-END_OF_TIME);
  throw new Failure(
    'failed',
    `the database gave "${text.slice(0, 60)}", expected a time such as 2025-06-01 12:00:00+00`,
  );
}

function toSigned(year: number, rest: string): string {
  const signed = `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${signed}${rest.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')}`;
}
