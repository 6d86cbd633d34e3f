import type { Knex } from 'knex';
import { SOURCES } from '../../../core/candle.js';
import { CHART_TABLE } from '../../chart-columns.js';
import { findDependents, type Dependent } from './dependents.js';
import { currentName, type LegacyTable } from './table.js';

/** What stands around a legacy table and may be in the way of adopting it. */
export interface Obstacles {
  /** In the order in which they have to be removed. */
  dependents: Dependent[];
  /** CHECK constraints that would reject a source of ours. */
  narrowChecks: { name: string; definition: string }[];
  /** Foreign keys of other tables that point at this one. */
  referrers: { name: string; table: string }[];
  /** Citus spreads the table over other machines. */
  isDistributed: boolean;
}

/** Reads the catalog; changes nothing. */
export async function findObstacles(db: Knex, table: LegacyTable): Promise<Obstacles> {
  const changing = table.matched.filter(({ verdict }) => verdict.verdict === 'convert');
  return {
    dependents: await findDependents(
      db,
      changing.map(({ number }) => number),
    ),
    narrowChecks: await findNarrowChecks(db, table),
    referrers: await findReferrers(db),
    isDistributed: await isDistributed(db),
  };
}

/** Asks each CHECK constraint over `source` alone what it thinks of our three values. */
async function findNarrowChecks(db: Knex, table: LegacyTable): Promise<Obstacles['narrowChecks']> {
  const column = table.matched.find(({ expected }) => expected.name === 'source');
  const name = currentName(table, 'source');
  if (!column || !name) return [];
  const { rows } = await db.raw<{ rows: { name: string; definition: string; condition: string }[] }>(`
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition, pg_get_expr(conbin, conrelid) AS condition
    FROM pg_constraint
    WHERE conrelid = to_regclass('${CHART_TABLE}') AND contype = 'c' AND conkey = ARRAY[${column.number}]::int2[]
    ORDER BY conname
  `);
  // a check over an enumeration cannot follow the column when it becomes text
  if (column.is_enum) return rows;
  const offered = SOURCES.map((source) => `('${source}'::text)`).join(', ');
  const narrow = [];
  for (const check of rows) {
    const rejects = `SELECT 1 FROM (VALUES ${offered}) AS offered(${name}) WHERE NOT (${check.condition})`;
    const rejected = await db.raw<{ rows: unknown[] }>(rejects.replaceAll('?', '\\?'));
    if (rejected.rows.length > 0) narrow.push(check);
  }
  return narrow;
}

async function findReferrers(db: Knex): Promise<Obstacles['referrers']> {
  const { rows } = await db.raw<{ rows: Obstacles['referrers'] }>(`
    SELECT conname AS name, conrelid::regclass::text AS table FROM pg_constraint
    WHERE contype = 'f' AND confrelid = to_regclass('${CHART_TABLE}') ORDER BY 2, 1
  `);
  return rows;
}

async function isDistributed(db: Knex): Promise<boolean> {
  const known = await db.raw<{ rows: { catalog: string | null }[] }>(
    `SELECT to_regclass('pg_dist_partition')::text AS catalog`,
  );
  if (!known.rows[0]?.catalog) return false;
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('${CHART_TABLE}')`,
  );
  return rows.length > 0;
}
