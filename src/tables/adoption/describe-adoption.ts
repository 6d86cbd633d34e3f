import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { findReplaceableIndex, KEY_INDEX } from './key-index.js';
import { type LegacyRows, orderLatestFirst } from './legacy-rows.js';
import type { LegacyTable, MatchedColumn } from './legacy-table.js';

/** What the adoption of the table does, one sentence for each step, in order. */
export function describeAdoption(table: LegacyTable, rows: LegacyRows, isQuoteVolume: boolean): string[] {
  const adopted = rows.count - rows.duplicates;
  const columns = [...table.own].map(({ name }) => name).join(', ');
  return [
    `adopt ${CHART_TABLE} with ${rows.count} rows${columns ? `; its own columns stay: ${columns}` : ''}`,
    ...describeColumns(table),
    ...stepsIf(
      rows.duplicates > 0,
      `remove ${rows.duplicates} duplicate rows, the latest written ${orderLatestFirst(table).description} stays (the others are moved to chartctl_changes)`,
    ),
    ...stepsIf(isQuoteVolume, `convert volume from quote to base units, volume / ((high + low + close) / 3)`),
    ...stepsIf(rows.unsourced > 0, `set source = 'BINANCE' in ${rows.unsourced} rows that have none`),
    ...stepsIf(rows.unflagged > 0, `set hasMissingData = false in ${rows.unflagged} rows where it is NULL`),
    ...stepsIf(
      adopted > 0,
      `set isComplete = false in all ${adopted} rows: chartctl did not calculate their indicators`,
    ),
    ...stepsIf(
      rows.withoutKey > 0,
      `keep ${rows.withoutKey} rows without symbol or timestamp: no command reaches them, and both columns stay nullable`,
    ),
    ...rows.invalidSymbols.map(
      (symbol) => `keep the symbol ${JSON.stringify(symbol)}: no command accepts it (expected A-Z 0-9 . _ -)`,
    ),
    ...stepsIf(findReplaceableIndex(table) !== undefined, `recreate ${KEY_INDEX}, now unique over (symbol, timestamp)`),
  ];
}

function describeColumns(table: LegacyTable): string[] {
  const renamed = table.matched.filter(({ name, expected }) => name !== expected.name);
  const added = table.missing.map(({ name }) => name);
  return [
    ...renamed.map(({ name, expected }) => `rename the column "${name}" to ${expected.name}`),
    ...groupByType(table).map(({ names, from, to }) =>
      from.startsWith('timestamp') ? `take ${names}, ${from}, as UTC` : `change ${names} from ${from} to ${to}`,
    ),
    ...stepsIf(added.length > 0, `add the columns ${added.join(', ')}`),
  ];
}

function groupByType(table: LegacyTable): { names: string; from: string; to: string }[] {
  const groups = new Map<string, { columns: MatchedColumn[]; from: string; to: string }>();
  for (const column of table.matched) {
    if (column.conversion.kind !== 'convert') continue;
    const { to } = column.conversion;
    const group = groups.get(`${column.type} ${to}`) ?? { columns: [], from: column.type, to };
    group.columns.push(column);
    groups.set(`${column.type} ${to}`, group);
  }
  return [...groups.values()].map(({ columns, from, to }) => ({
    names: columns.map(({ expected }) => expected.name).join(', '),
    from,
    to,
  }));
}

function stepsIf(condition: boolean, step: string): string[] {
  return condition ? [step] : [];
}
