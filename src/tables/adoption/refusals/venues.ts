import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import type { LegacyRows } from '../legacy-rows.js';
import { currentName, type LegacyTable, quoteName, quoteText } from '../legacy-table.js';
import { isOtherVenue } from '../columns/column-kinds.js';
import { withoutTriggersSql } from '../obstacles/platform-triggers.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import type { Refusal } from '../refusal.js';

/** Refuses candles of other exchanges in a table without a column `source`: they would count as Binance's. */
export function refuseVenues(table: LegacyTable, rows: LegacyRows | null, { triggers }: Obstacles): Refusal[] {
  if (currentName(table, 'source') !== undefined) return [];
  const venues = rows?.keyColumns.filter(({ kind, isDistinguishing }) => kind === 'venue' && !isDistinguishing) ?? [];
  return venues.flatMap(({ column, values }): Refusal[] => {
    const others = values.filter(({ value }) => isOtherVenue(value));
    if (others.length === 0) return [];
    const name = quoteName(column.name);
    const listed = others.map(({ value, count }) => `${JSON.stringify(value)} in ${count} rows`).join(', ');
    const texts = others.map(({ value }) => quoteText(value!)).join(', ');
    const update = `UPDATE ${CHART_TABLE} SET source = 'FALLBACK' WHERE ${name}::text IN (${texts});`;
    return [
      {
        problem: `the column ${name} names other exchanges (${listed}), and without a column source these candles would count as Binance's`,
        remedy: `ALTER TABLE ${CHART_TABLE} ADD COLUMN IF NOT EXISTS source text DEFAULT 'BINANCE'; ${withoutTriggersSql(triggers, update)}`,
      },
    ];
  });
}
