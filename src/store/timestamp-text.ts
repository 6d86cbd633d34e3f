/** The greatest time that a Date can hold; the server knows later ones, and infinity. */
const END_OF_TIME = 8.64e15;
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

/** The time that PostgreSQL printed; what lies outside of a Date's time is its end or its beginning. */
export function parseTimestampText(text: string): Date {
  const [, year = '', rest = '', era] = /^(\d{4,})(-\d\d-\d\d \S+?)( BC)?$/.exec(text) ?? [];
  if (year.length === 4 && year >= '1000' && !era) return new Date(text); // the language takes 0001 for 2001
  if (year === '') return new Date(text.startsWith('-') ? -END_OF_TIME : END_OF_TIME);
  const counted = era ? 1 - Number(year) : Number(year);
  const signed = `${counted < 0 ? '-' : '+'}${String(Math.abs(counted)).padStart(6, '0')}`;
  const time = new Date(`${signed}${rest.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')}`);
  return Number.isNaN(time.getTime()) ? new Date(counted > 0 ? END_OF_TIME : -END_OF_TIME) : time;
}
