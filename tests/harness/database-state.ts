import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { mergeRanges, type MinuteRange, sumMinutes } from '../../src/core/range.js';
import { INDICATOR_COLUMNS, type IndicatorColumn } from '../../src/indicators/indicators.js';
import { isWithinTolerance } from './reference.js';

type StoredRecord = Record<string, unknown>;

/** The contents of a database by table, without times of writing and job ids, which differ from run to run. */
export type DatabaseState = Readonly<Record<string, readonly StoredRecord[]>>;

/** Queries with one column `record`, in an order that does not depend on the time of writing. */
const CONTENTS: Readonly<Record<string, string>> = {
  rolling_chart_data: `
    SELECT to_jsonb(r) || jsonb_build_object('written_at', r.written_at IS NOT NULL) AS record
    FROM rolling_chart_data r ORDER BY symbol, timestamp, volume`,
  chartctl_flags: `
    SELECT to_jsonb(f) - '{job_id,set_at,settled_at}'::text[]
      || jsonb_build_object('settled', settled_at IS NOT NULL) AS record
    FROM chartctl_flags f ORDER BY symbol, timestamp, rule`,
  chartctl_gaps: `
    SELECT to_jsonb(g) - '{job_id,asked_at,ask_again_at,asked_count}'::text[] AS record
    FROM chartctl_gaps g ORDER BY symbol, from_time`,
  chartctl_changes: `
    SELECT coalesce(before, '{}') || to_jsonb(c) - '{job_id,sequence,changed_at,before,flags_before}'::text[]
      || jsonb_build_object(
        'written_at', before->>'written_at' IS NOT NULL,
        'flags', (SELECT jsonb_agg(flag - '{job_id,set_at,settled_at}'::text[] ORDER BY flag->>'rule')
                  FROM jsonb_array_elements(flags_before) flag)) AS record
    FROM chartctl_changes c ORDER BY symbol, timestamp, changed_at, sequence`,
  // a repeated export is recorded twice
  chartctl_trainings: `
    SELECT DISTINCT to_jsonb(t) - '{job_id,trained_at,written_until,audited_until,sha256}'::text[]
      || jsonb_build_object('file', regexp_replace(file, '^.*/', '')) AS record
    FROM chartctl_trainings t ORDER BY 1`,
};

const MAX_SHOWN = 5;

/**
 * Reads everything that jobs write: candles, flags, gaps, changes, insertions and trainings.
 *
 * @example
 * const expected = await readDatabaseState(undisturbed.knex);
 * losses.push(...findStateDifferences(await readDatabaseState(disturbed.knex), expected));
 */
export async function readDatabaseState(knex: Knex): Promise<DatabaseState> {
  const state: Record<string, readonly StoredRecord[]> = { chartctl_inserts: await readInsertions(knex) };
  for (const [table, query] of Object.entries(CONTENTS)) {
    const { rows } = await knex.raw<{ rows: { record: StoredRecord }[] }>(query);
    state[table] = rows.map(({ record }) => record);
  }
  return state;
}

/**
 * One sentence for each record that is missing, unexpected or different; at most MAX_SHOWN of each table.
 * Indicators may differ within the tolerance of the computation path.
 */
export function findStateDifferences(found: DatabaseState, expected: DatabaseState): string[] {
  return Object.keys(expected).flatMap((table) => {
    const [is, should] = [found[table]!, expected[table]!];
    const longer = is.length > should.length ? is : should;
    const places = [...longer.keys()].filter((at) => !isSame(is[at], should[at]));
    const shown = places
      .slice(0, MAX_SHOWN)
      .map((at) => `${table}: ${describe(is[at])}, expected ${describe(should[at])}`);
    if (is.length !== should.length) shown.unshift(`${table}: ${is.length} records, expected ${should.length}`);
    else if (places.length > MAX_SHOWN) shown.push(`${table}: ${places.length} records differ`);
    return shown;
  });
}

/** The inserted ranges, joined over transactions, and the number of inserted minutes. */
async function readInsertions(knex: Knex): Promise<StoredRecord[]> {
  const { rows } = await knex.raw<{ rows: { symbol: string; from_time: Date; to_time: Date }[] }>(
    'SELECT symbol, from_time, to_time FROM chartctl_inserts ORDER BY symbol, from_time',
  );
  const bySymbol = new Map<string, MinuteRange[]>();
  for (const { symbol, from_time: from, to_time: to } of rows)
    bySymbol.set(symbol, [...(bySymbol.get(symbol) ?? []), { from: from.getTime(), to: to.getTime() }]);
  return [...bySymbol].flatMap(([symbol, ranges]) => [
    { symbol, insertions: sumMinutes(ranges) },
    ...mergeRanges(ranges).map((range) => ({ symbol, ...range })),
  ]);
}

function isSame(found: StoredRecord | undefined, expected: StoredRecord | undefined): boolean {
  if (!found || !expected) return found === expected;
  return [...new Set([...Object.keys(found), ...Object.keys(expected)])].every((column) =>
    isIndicator(column)
      ? isWithinTolerance(column, toNumber(found[column]), toNumber(expected[column]), toNumber(expected.close) ?? 0)
      : isDeepStrictEqual(found[column], expected[column]),
  );
}

function isIndicator(column: string): column is IndicatorColumn {
  return INDICATOR_COLUMNS.some((indicator) => indicator === column);
}

function toNumber(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function describe(record: StoredRecord | undefined): string {
  return record ? JSON.stringify(record) : 'nothing';
}
