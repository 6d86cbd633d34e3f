import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { findReplaceableIndex, holdsKey, isKey, KEY_INDEX } from './key-index.js';
import type { LegacyRows } from './legacy-rows.js';
import { currentName, type FoundIndex, type LegacyTable, type MatchedColumn, quoteName } from './legacy-table.js';
import type { Obstacles } from './obstacles.js';
import type { Refusal } from './refusal.js';

/** What was read about a legacy table. */
interface LegacyFindings {
  table: LegacyTable;
  obstacles: Obstacles;
  /** Null when they could not be read, because of the table's kind or columns. */
  rows: LegacyRows | null;
}

/** All reasons why the table cannot be adopted as it is. */
export function findLegacyRefusals(findings: LegacyFindings, adoptQuoted: boolean): Refusal[] {
  const { table, rows, obstacles } = findings;
  const relation = refuseRelation(table, obstacles.isDistributed);
  if (relation.length > 0) return relation;
  return [
    ...refuseMissing(table),
    ...refuseSpellings(table, adoptQuoted),
    ...refuseTypes(table, rows?.sampleTime ?? null),
    ...refuseUnwritable(table),
    ...refuseOwnColumns(table),
    ...refuseKeys(table),
    ...refuseDependents(table, obstacles),
    ...refuseSources(table, rows, obstacles),
    ...refuseReferrers(rows, obstacles),
  ];
}

/** Kinds of relations that cannot be adopted, by `pg_class.relkind`. */
const KINDS: Readonly<Record<string, string>> = {
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  p: 'partitioned table',
};

/** Refuses anything but a plain table that this role may alter. */
function refuseRelation(table: LegacyTable, isDistributed: boolean): Refusal[] {
  const { kind, owner, me, may_alter: mayAlter, has_children: hasChildren } = table.relation;
  if (!mayAlter) {
    const problem = `${CHART_TABLE} belongs to "${owner}", and "${me}" may not alter it`;
    return [
      { problem, remedy: `GRANT ${quoteName(owner)} TO ${quoteName(me)};    -- or migrate as ${quoteName(owner)}` },
    ];
  }
  if (isDistributed) {
    const remedy =
      `SELECT undistribute_table('${CHART_TABLE}');    ` +
      `-- and after the migration: SELECT create_distributed_table('${CHART_TABLE}', 'symbol');`;
    return [{ problem: `${CHART_TABLE} is distributed; expected a plain table, to be distributed afterwards`, remedy }];
  }
  const word = KINDS[kind] ?? (hasChildren ? 'table with child tables' : undefined);
  if (word === undefined) return [];
  const problem = `${CHART_TABLE} is a ${word}; expected a plain table`;
  return [{ problem, remedy: kind === 'p' || hasChildren ? toCopyRemedy(table) : toMaterializeRemedy(word) }];
}

function toMaterializeRemedy(word: string): string {
  const old = `${CHART_TABLE}_${word.replaceAll(' ', '_')}`;
  return (
    `ALTER ${word.toUpperCase()} ${CHART_TABLE} RENAME TO ${old}; ` +
    `CREATE TABLE ${CHART_TABLE} AS SELECT * FROM ${old};`
  );
}

function toCopyRemedy(table: LegacyTable): string {
  const old = `${CHART_TABLE}_parts`;
  const columns = [...table.matched, ...table.own]
    .filter((column) => !column.is_generated)
    .sort((a, b) => a.number - b.number)
    .map((column) => quoteName(column.name))
    .join(', ');
  return (
    `ALTER TABLE ${CHART_TABLE} RENAME TO ${old}; ` +
    `ALTER INDEX IF EXISTS ${KEY_INDEX} RENAME TO ${KEY_INDEX}_parts; ` +
    `CREATE TABLE ${CHART_TABLE} (LIKE ${old} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED); ` +
    `INSERT INTO ${CHART_TABLE} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${old};`
  );
}

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

function refuseMissing(table: LegacyTable): Refusal[] {
  const missing = table.missing.filter(({ definition }) => definition === undefined).map(({ name }) => name);
  return missing.map((name) => {
    const similar = table.own.find((column) => SYNONYMS[name]?.includes(column.name.toLowerCase()));
    return {
      problem: `${CHART_TABLE} has no column "${name}", which is required`,
      remedy: `ALTER TABLE ${CHART_TABLE} RENAME COLUMN ${similar ? quoteName(similar.name) : 'YOUR_COLUMN'} TO ${quoteName(name)};`,
    };
  });
}

function refuseSpellings(table: LegacyTable, adoptQuoted: boolean): Refusal[] {
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
    return [
      { problem, remedy: 'chartctl migrate --adopt-quoted    (renames it; code that quotes the name must follow)' },
    ];
  });
}

/**
 * Refuses types whose conversion is ambiguous, with a statement that converts them.
 *
 * @param sampleTime a value of `timestamp` as text: its length distinguishes seconds from milliseconds
 */
function refuseTypes(table: LegacyTable, sampleTime: string | null): Refusal[] {
  return table.matched.flatMap((column) => {
    if (column.conversion.kind !== 'refuse') return [];
    const { expected } = column.conversion;
    return [
      {
        problem: `the column ${quoteName(column.name)} is of type ${column.type}; expected ${expected}`,
        remedy: toTypeRemedy(column, expected, sampleTime),
      },
    ];
  });
}

function toTypeRemedy(column: MatchedColumn, to: string, sampleTime: string | null): string {
  const name = quoteName(column.name);
  const alter = (using: string, type = to) =>
    `ALTER TABLE ${CHART_TABLE} ${column.default_value === null ? '' : `ALTER COLUMN ${name} DROP DEFAULT, `}` +
    `ALTER COLUMN ${name} TYPE ${type} USING ${using};`;
  const isNumber = /^(smallint|integer|bigint|numeric.*|double precision|real)$/.test(column.type);
  switch (column.expected.family) {
    case 'time':
      if (isNumber || /^\d{9,}(\.\d+)?$/.test(sampleTime ?? '')) {
        return alter(`to_timestamp(${name}::numeric / ${unitsPerSecond(sampleTime)})`);
      }
      return `SET timezone = 'UTC'; ${alter(`${name}::timestamptz`)}`;
    case 'boolean':
      return alter(isNumber ? `${name} <> 0` : `${name}::text::boolean`);
    case 'number':
      return alter(`${name}::text::double precision`);
    case 'text':
      return alter(`${name}::text`);
  }
}

/** Epoch numbers of this century have 10 digits in seconds, 13 in milliseconds, 16 in microseconds. */
function unitsPerSecond(sampleTime: string | null): number {
  const digits = /^\d*/.exec(sampleTime ?? '')![0].length;
  if (digits >= 15) return 1_000_000;
  return digits > 0 && digits <= 11 ? 1 : 1000;
}

/** Refuses expected columns that PostgreSQL computes. */
function refuseUnwritable(table: LegacyTable): Refusal[] {
  return table.matched
    .filter((column) => column.is_generated || column.is_identity)
    .map((column) => ({
      problem: `the column ${quoteName(column.name)} is generated; expected one that can be written`,
      remedy: `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${quoteName(column.name)} DROP ${column.is_identity ? 'IDENTITY' : 'EXPRESSION'};`,
    }));
}

/** Refuses the platform's own columns that reject the rows that chartctl inserts. */
function refuseOwnColumns(table: LegacyTable): Refusal[] {
  return table.own
    .filter((column) => column.not_null && column.default_value === null && !column.is_identity && !column.is_generated)
    .map((column) => {
      const name = quoteName(column.name);
      const problem = `the column ${name} is NOT NULL without a default: rows that chartctl writes do not fill it`;
      if (!column.in_primary_key)
        return { problem, remedy: `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${name} DROP NOT NULL;` };
      if (column.type === 'uuid') {
        return { problem, remedy: `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${name} SET DEFAULT gen_random_uuid();` };
      }
      return {
        problem,
        remedy:
          `ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${name} ADD GENERATED BY DEFAULT AS IDENTITY; ` +
          `SELECT setval(pg_get_serial_sequence('${CHART_TABLE}', '${column.name.replaceAll("'", "''")}'), ` +
          `coalesce(max(${name}), 0) + 1) FROM ${CHART_TABLE};`,
      };
    });
}

/** Refuses unique indexes that reject the rows that chartctl inserts, and another index with the name `KEY_INDEX`. */
function refuseKeys(table: LegacyTable): Refusal[] {
  const own = new Set(table.own.map(({ name }) => name));
  return table.indexes.flatMap((index): Refusal[] => {
    const name = quoteName(index.name);
    if (index.name === KEY_INDEX) {
      if (isKey(table, index) || findReplaceableIndex(table) === index) return [];
      const problem = `the index ${KEY_INDEX} exists already, ${describeIndex(index)}; expected unique over (symbol, timestamp)`;
      return [{ problem, remedy: `ALTER INDEX ${KEY_INDEX} RENAME TO ${KEY_INDEX}_old;` }];
    }
    const isNarrow =
      index.is_unique && index.is_plain && !index.columns.some((column) => own.has(column)) && !holdsKey(table, index);
    if (!isNarrow) return [];
    return [
      {
        problem: `the index ${name} is unique over (${index.columns.join(', ')}): it allows less than one row for each symbol and minute`,
        remedy: index.constraint
          ? `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoteName(index.constraint)};`
          : `DROP INDEX ${name};`,
      },
    ];
  });
}

function describeIndex(index: FoundIndex): string {
  const words = [index.is_unique ? 'unique' : 'not unique', `over (${index.columns.join(', ')})`];
  if (!index.is_plain) words.push('partial or over an expression');
  if (!index.is_immediate) words.push('deferrable');
  return words.join(', ');
}

function refuseDependents(table: LegacyTable, { dependents }: Obstacles): Refusal[] {
  const changing = table.matched.filter(({ conversion }) => conversion.kind === 'convert').map(({ name }) => name);
  return dependents.map(({ name, remove, restore }) => ({
    problem: `the ${name} depends on a column whose type must change (${changing.join(', ')})`,
    // every line of the restoring SQL is a comment, so that pasting the remedy only removes
    remedy: `${remove}    -- and after the migration: ${(restore ?? 'create it again').trim().replaceAll('\n', '\n--   ')}`,
  }));
}

function refuseSources(table: LegacyTable, rows: LegacyRows | null, { narrowChecks }: Obstacles): Refusal[] {
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

/** A foreign key of another table could delete that table's rows together with a duplicate. */
function refuseReferrers(rows: LegacyRows | null, { referrers }: Obstacles): Refusal[] {
  if (!rows || rows.duplicates === 0) return [];
  return referrers.map(({ name, table }) => ({
    problem: `${rows.duplicates} duplicate rows must be removed, and the table ${table} refers to rows of ${CHART_TABLE}`,
    remedy: `ALTER TABLE ${table} DROP CONSTRAINT ${quoteName(name)};`,
  }));
}
