import type { Knex } from 'knex';
import { Failure } from '../core/failure.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { findSpan } from './chart-rows.js';
import { toTimestampText } from './connection/timestamp-text.js';

/** Candles lie between these years; a row elsewhere is a slip, such as seconds taken for milliseconds. */
const [FIRST_YEAR, END_YEAR] = [1900, 2300];

/**
 * The oldest and the newest minute of a symbol, for who goes from one to the other stretch by stretch.
 *
 * @throws Failure that names a row centuries away from all others: on the way there are millions of stretches
 */
export async function findUsualSpan(
  db: Knex,
  symbol: string,
  range?: MinuteRange,
): Promise<{ first: Minute; last: Minute } | null> {
  const span = await findSpan(db, symbol, range);
  if (!span) return null;
  for (const time of [span.first, span.last].map((minute) => new Date(minute))) {
    const year = time.getUTCFullYear();
    if (year >= FIRST_YEAR && year < END_YEAR) continue;
    throw new Failure('failed', `${symbol} has a row at ${toTimestampText(time)}, expected a year from 1900 to 2299`, {
      hint: `name a range without it, or delete it: DELETE FROM rolling_chart_data WHERE symbol = '${symbol}' AND (timestamp < '1900-01-01Z' OR timestamp >= '2300-01-01Z')`,
      code: 'ODD_TIME',
    });
  }
  return span;
}
