import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import type { LegacyRows } from '../legacy-rows.js';
import { currentName, type LegacyTable, quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles.js';
import type { Refusal } from '../refusal.js';

/** Refuses values of `source` that chartctl does not know, and constraints that reject those that it writes. */
export function refuseSources(table: LegacyTable, rows: LegacyRows | null, { narrowChecks }: Obstacles): Refusal[] {
  const column = currentName(table, 'source');
  const strange = (rows?.unknownSources ?? []).map(({ source, count }) => ({
    problem: `${count} rows have the source "${source}"; expected BINANCE, FALLBACK or BINANCE_BACKFILL`,
    remedy: `UPDATE ${CHART_TABLE} SET ${column} = '${guessSource(source)}' WHERE ${column}::text = '${source.replaceAll("'", "''")}';`,
  }));
  const narrow = narrowChecks.map(({ name, definition }) => ({
    problem: `the constraint ${quoteName(name)} rejects a source that chartctl writes: ${definition}`,
    remedy: `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoteName(name)};`,
  }));
  return [...strange, ...narrow];
}

function guessSource(source: string): string {
  const word = source.trim().toUpperCase();
  if (word.includes('BACKFILL')) return 'BINANCE_BACKFILL';
  return word === '' || word.includes('BINANCE') ? 'BINANCE' : 'FALLBACK';
}
