import { formatMinute } from '../../core/minute.js';
import { SYMBOL_FORM } from '../../core/symbol.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { findReplaceableIndex, KEY_INDEX } from './key-index.js';
import { findConstants } from './rows/constant-columns.js';
import type { LegacyRows } from './legacy-rows.js';
import type { LegacyTable, MatchedColumn } from './legacy-table.js';
import type { NaiveTimes } from './naive-times.js';
import { describeMappings, findRenamed } from './orm-mappings.js';
import { orderLatestFirst } from './rows/written-order.js';

/** What the adoption of the table does, one sentence for each step, in order. */
export function describeAdoption(
  table: LegacyTable,
  rows: LegacyRows,
  times: NaiveTimes | null,
  isQuoteVolume: boolean,
): string[] {
  const adopted = rows.count - rows.duplicates;
  const columns = [...table.own].map(({ name }) => name).join(', ');
  return [
    ...(rows.setAside
      ? [
          `move ${rows.setAside.count} rows for which ${rows.setAside.condition} is not true to the new table ${rows.setAside.table}, as they are`,
        ]
      : []),
    `adopt ${CHART_TABLE} with ${rows.count} rows${columns ? `; its own columns stay: ${columns}` : ''}`,
    ...describeColumns(table, times),
    ...describeRepeatedHours(times),
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
    ...rows.symbols.invalid.map(
      (symbol) => `keep the symbol ${JSON.stringify(symbol)}: no command accepts it (expected ${SYMBOL_FORM})`,
    ),
    ...rows.symbols.respelt.map(
      ({ symbol, spellings }) =>
        `keep ${spellings.map(({ text }) => JSON.stringify(text)).join(', ')}, which commands for ${symbol} do not find`,
    ),
    ...findConstants(rows.keyColumns).map(
      ({ name, value }) => `set the default of "${name}" to ${JSON.stringify(value)}, which all adopted rows have`,
    ),
    ...stepsIf(findReplaceableIndex(table) !== undefined, `recreate ${KEY_INDEX}, now unique over (symbol, timestamp)`),
    'try a row of each kind that chartctl writes, and undo it: what rejects, changes or drops rows is refused by name',
  ];
}

function describeColumns(table: LegacyTable, times: NaiveTimes | null): string[] {
  const renamed = findRenamed(table);
  const added = table.missing.map(({ name }) => name);
  return [
    ...renamed.map(
      ({ name, expected }) => `rename the column "${name}" to ${expected.name}: SQL that uses the old name must follow`,
    ),
    ...describeMappings(renamed),
    ...groupByType(table).map(({ names, from, to }) =>
      from.startsWith('timestamp')
        ? `take ${names}, ${from}, as ${describeZone(times)}`
        : `change ${names} from ${from} to ${to}`,
    ),
    ...stepsIf(added.length > 0, `add the columns ${added.join(', ')}`),
  ];
}

/** The zone, and the newest resulting minute: a wrong zone shows there. */
function describeZone(times: NaiveTimes | null): string {
  if (!times) return 'UTC';
  const { zone, newest, future } = times;
  const ahead = future > 0 ? `, and ${future} rows lie in the future` : '';
  return newest ? `${zone}; the newest minute becomes ${formatMinute(newest.getTime())}${ahead}` : zone;
}

/** When the clocks are put back, one hour of local times stands for two hours. */
function describeRepeatedHours(times: NaiveTimes | null): string[] {
  if (!times || times.repeated.count === 0) return [];
  const { zone, repeated } = times;
  return [
    `take ${repeated.count} rows in hours that ${zone} has twice, the first at ${repeated.first}, as the second pass ` +
      '(standard time); the minutes of the first pass are left to chartctl backfill',
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
