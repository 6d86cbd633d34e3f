import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { type LegacyTable, quoteName } from '../legacy-table.js';
import type { Refusal } from '../refusal.js';

/** Common other names of the required columns. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  symbol: ['pair', 'ticker', 'market', 'instrument'],
  timestamp: ['open_time', 'opentime', 'time', 'ts', 'datetime', 'date', 'bucket'],
  open: ['o', 'open_price'],
  high: ['h', 'high_price'],
  low: ['l', 'low_price'],
  close: ['c', 'close_price'],
  volume: ['v', 'vol', 'base_volume'],
};

export function refuseMissing(table: LegacyTable): Refusal[] {
  return listMissing(table).map((name) => {
    const similar = findSimilar(table, name);
    return {
      problem: `${CHART_TABLE} has no column "${name}", which is required`,
      remedy: `ALTER TABLE ${CHART_TABLE} RENAME COLUMN ${similar ? quoteName(similar.name) : 'YOUR_COLUMN'} TO ${quoteName(name)};`,
    };
  });
}

/** The numbers of the columns that `refuseMissing` renames: other remedies must not name them. */
export function findRenamed(table: LegacyTable): Set<number> {
  return new Set(listMissing(table).flatMap((name) => findSimilar(table, name)?.number ?? []));
}

function listMissing(table: LegacyTable): string[] {
  return table.missing.filter(({ definition }) => definition === undefined).map(({ name }) => name);
}

function findSimilar(table: LegacyTable, name: string): LegacyTable['own'][number] | undefined {
  return table.own.find((column) => SYNONYMS[name]?.includes(column.name.toLowerCase()));
}

export function refuseSpellings(table: LegacyTable, adoptQuoted: boolean): Refusal[] {
  return table.matched.flatMap((column): Refusal[] => {
    const { name, expected } = column;
    if (name === expected.name) return [];
    if (table.matched.some((other) => other !== column && other.expected === expected)) {
      return [
        {
          problem: `${CHART_TABLE} has two columns for ${expected.name}: ${quoteName(name)} and ${expected.name}`,
          remedy: `ALTER TABLE ${CHART_TABLE} RENAME COLUMN ${quoteName(name)} TO ${quoteName(`${name}_old`)};`,
        },
      ];
    }
    if (adoptQuoted) return [];
    const problem = `the column ${quoteName(name)} was created quoted; expected ${expected.name}, which SQL reaches without quotes`;
    const remedy = '-- chartctl migrate --adopt-quoted renames it; code that quotes the name must follow';
    return [{ problem, remedy, option: '--adopt-quoted' }];
  });
}
