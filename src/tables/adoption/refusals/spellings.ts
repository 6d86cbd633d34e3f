import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { pickFreeName } from '../free-name.js';
import { findTwins, type LegacyRows } from '../legacy-rows.js';
import { type LegacyTable, type MatchedColumn, quoteName } from '../legacy-table.js';
import { describeMappings, findRenamed } from '../orm-mappings.js';
import { type PlatformTrigger, withoutTriggersSql } from '../obstacles/platform-triggers.js';
import type { Refusal } from '../refusal.js';

/** Refuses a table without a required column, also under another name. */
export function refuseMissing(table: LegacyTable): Refusal[] {
  const missing = table.missing.filter(({ definition }) => definition === undefined).map(({ name }) => name);
  return missing.map((name) => ({
    problem: `${CHART_TABLE} has no column "${name}", which is required; its columns: ${table.own.map((column) => column.name).join(', ')}`,
    remedy: `-- name the column that holds it: ALTER TABLE ${CHART_TABLE} RENAME COLUMN ... TO ${quoteName(name)};`,
  }));
}

/**
 * Refuses two columns of one meaning, and columns under other names unless the user allowed to rename them.
 *
 * @param rows null when they could not be read
 */
export function refuseSpellings(
  table: LegacyTable,
  rows: LegacyRows | null,
  { adoptSpelling, triggers }: { adoptSpelling: boolean; triggers: readonly PlatformTrigger[] },
): Refusal[] {
  const twins = findTwins(table);
  return [
    ...twins.map((columns) => refuseTwins(table, columns, { values: rows?.twinValues ?? {}, triggers })),
    ...(adoptSpelling ? [] : refuseOtherNames(findRenamed(table).filter((column) => !twins.flat().includes(column)))),
  ];
}

/** The remedy keeps the column with the most values and renames the others; of flags it keeps all that are set. */
function refuseTwins(
  table: LegacyTable,
  columns: readonly MatchedColumn[],
  { values, triggers }: { values: LegacyRows['twinValues']; triggers: readonly PlatformTrigger[] },
): Refusal {
  const { name: meaning } = columns[0]!.expected;
  const isFlag = meaning === 'hasmissingdata'; // all of them are boolean once the remedies of types ran
  const exact = columns.find(({ name }) => name === meaning);
  const fullest = Math.max(...columns.map(({ name }) => values[name] ?? 0));
  const best = columns.find(({ name }) => values[name] === fullest) ?? columns[0]!;
  const kept = exact && (isFlag || meaning === 'iscomplete' || values[exact.name] === fullest) ? exact : best;
  const described = columns.map(({ name, type }) => {
    const count = values[name] ?? 0;
    return `${quoteName(name)} (${type === 'boolean' ? 'true' : 'a value'} in ${count} rows)`;
  });
  return {
    problem: `${CHART_TABLE} has ${columns.length} columns for ${meaning}: ${described.join(', ')}; expected one`,
    remedy: [
      ...(isFlag ? [withoutTriggersSql(triggers, mergeFlags(columns, kept))] : []),
      ...columns.filter((column) => column !== kept).map(({ name }) => renameAway(table, name)),
    ].join(' '),
  };
}

function mergeFlags(columns: readonly MatchedColumn[], kept: MatchedColumn): string {
  const isSet = columns.filter((column) => column !== kept).map(({ name }) => quoteName(name));
  return `UPDATE ${CHART_TABLE} SET ${quoteName(kept.name)} = true WHERE ${isSet.join(' OR ')};`;
}

function renameAway(table: LegacyTable, name: string): string {
  const taken = [...table.matched, ...table.own].map((column) => column.name);
  return `ALTER TABLE ${CHART_TABLE} RENAME COLUMN ${quoteName(name)} TO ${quoteName(pickFreeName(`${name}_old`, taken))};`;
}

/** One refusal for all renamed columns, so that the lines of an ORM's model stand together. */
function refuseOtherNames(columns: readonly MatchedColumn[]): Refusal[] {
  if (columns.length === 0) return [];
  const names = columns.map(({ name, expected }) => `${quoteName(name)}, expected ${expected.name}`);
  const uncertain = columns.filter((column) => column.is_stand_in).map(({ name }) => quoteName(name));
  const mappings = describeMappings(columns).flatMap((text) => text.split('\n'));
  return [
    {
      problem: `${columns.length === 1 ? 'a column has another name' : `${columns.length} columns have other names`} than chartctl's: ${names.join('; ')}`,
      remedy: [
        ...columns.map(
          ({ name, expected }) =>
            `ALTER TABLE ${CHART_TABLE} RENAME COLUMN ${quoteName(name)} TO ${quoteName(expected.name)};`,
        ),
        '-- or let the migration rename them: chartctl migrate --adopt-spelling',
        ...(uncertain.length > 0 ? [`-- if ${uncertain.join(', ')} means something else, give it another name`] : []),
        '-- SQL that uses the old names must follow:',
        ...mappings.map((line) => `-- ${line}`),
      ].join('\n'),
    },
  ];
}
