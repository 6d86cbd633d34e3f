import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { isOtherVenue } from '../columns/column-kinds.js';
import { holdsKey } from '../key-index.js';
import type { LegacyRows } from '../legacy-rows.js';
import { currentName, type LegacyTable, quoteText } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import { withoutTriggersSql } from '../obstacles/platform-triggers.js';
import { type Refusal, toMoveStatement } from '../refusal.js';

/** Refuses values of `source` that chartctl does not know. */
export function refuseSources(table: LegacyTable, rows: LegacyRows | null, obstacles: Obstacles): Refusal[] {
  const name = currentName(table, 'source');
  const column = table.matched.find(({ expected }) => expected.name === 'source');
  // the type may not have the new value: an enumeration without it, or a shorter text
  const widen =
    column?.conversion.kind === 'convert' ? `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${name} TYPE text; ` : '';
  const isInKey = table.indexes.some(
    ({ is_unique: isUnique, all_columns: columns }) =>
      isUnique && holdsKey(table, columns) && columns.includes(column?.name ?? ''),
  );
  return (rows?.unknownSources ?? []).map(({ source, count }, i) => ({
    problem: `${count} rows have the source "${source}"; expected BINANCE, FALLBACK or BINANCE_BACKFILL`,
    remedy:
      (i === 0 ? widen : '') +
      withoutTriggersSql(
        obstacles.triggers,
        isInKey
          ? toUpdateOfKey(table, source)
          : `UPDATE ${CHART_TABLE} SET ${name} = '${guessSource(source)}' WHERE ${name} = ${quoteText(source)};`,
      ),
  }));
}

/** Two sources may become one, and a unique key allows each source one row in a minute: others are set aside. */
function toUpdateOfKey(table: LegacyTable, source: string): string {
  const [symbol, time, name] = (['symbol', 'timestamp', 'source'] as const).map((each) => currentName(table, each)!);
  const old = `${name} = ${quoteText(source)}`;
  return (
    `UPDATE ${CHART_TABLE} SET ${name} = '${guessSource(source)}' WHERE ${old} AND NOT EXISTS (SELECT 1 FROM ${CHART_TABLE} present ` +
    `WHERE present.${symbol} = ${CHART_TABLE}.${symbol} AND present.${time} = ${CHART_TABLE}.${time} ` +
    `AND present.${name} = '${guessSource(source)}'); ${toMoveStatement(old, 'same_minute')}`
  );
}

function guessSource(source: string): string {
  const word = source.trim().toUpperCase();
  if (word.includes('BACKFILL')) return 'BINANCE_BACKFILL';
  return word === '' || !isOtherVenue(word) ? 'BINANCE' : 'FALLBACK';
}
