import { formatMinute } from '../../core/minute.js';
import type { LaterRows } from '../../tables/rolling-chart-data/later-rows.js';
import { formatCount } from '../../terminal/text.js';

/** `3 rows, 2030-01-01T00:00Z to 2030-01-01T00:02Z`: rows that are later than the exchange's clock. */
export function formatLaterRows({ rows, first, last }: LaterRows): string {
  const count = `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`;
  return first === last
    ? `${count}, ${formatMinute(first)}`
    : `${count}, ${formatMinute(first)} to ${formatMinute(last)}`;
}
