import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import type { LegacyRows } from '../legacy-rows.js';
import { currentName, type LegacyTable } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import { withoutTriggersSql } from '../obstacles/platform-triggers.js';
import type { Refusal } from '../refusal.js';

/** Refuses values of `source` that chartctl does not know. */
export function refuseSources(table: LegacyTable, rows: LegacyRows | null, obstacles: Obstacles): Refusal[] {
  const name = currentName(table, 'source');
  const column = table.matched.find(({ expected }) => expected.name === 'source');
  // the type may not have the new value: an enumeration without it, or a shorter text
  const widen =
    column?.conversion.kind === 'convert' ? `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${name} TYPE text; ` : '';
  return (rows?.unknownSources ?? []).map(({ source, count }, i) => ({
    problem: `${count} rows have the source "${source}"; expected BINANCE, FALLBACK or BINANCE_BACKFILL`,
    remedy:
      (i === 0 ? widen : '') +
      withoutTriggersSql(
        obstacles.triggers,
        `UPDATE ${CHART_TABLE} SET ${name} = '${guessSource(source)}' WHERE ${name} = '${source.replaceAll("'", "''")}';`,
      ),
  }));
}

function guessSource(source: string): string {
  const word = source.trim().toUpperCase();
  if (word.includes('BACKFILL')) return 'BINANCE_BACKFILL';
  return word === '' || word.includes('BINANCE') ? 'BINANCE' : 'FALLBACK';
}
