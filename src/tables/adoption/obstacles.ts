import { SOURCES } from '../../core/candle.js';
import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { type Dependent, findDependents } from './dependents.js';
import { currentName, type LegacyTable } from './legacy-table.js';
import { findTriggers, type PlatformTrigger } from './platform-triggers.js';
import { findUnfilledColumns, type UnfilledColumn } from './unfilled-columns.js';
import { findRefusedColumns, type RefusedColumn } from './unreadable-rows.js';

/** Objects around a legacy table that may prevent its adoption. */
export interface Obstacles {
  /** In the order of their removal. */
  dependents: Dependent[];
  /** CHECK constraints that reject a source that chartctl writes. */
  narrowChecks: { name: string; definition: string }[];
  /** Foreign keys of other tables that refer to this one. */
  referrers: { name: string; table: string }[];
  /** Citus distributes the table over several machines. */
  isDistributed: boolean;
  /** The table has a composite type, which fixes its columns. */
  isTyped: boolean;
  /** Columns of types that the migration refuses. */
  refused: RefusedColumn[];
  /** Columns of the platform that a row of chartctl would leave without a value. */
  unfilled: UnfilledColumn[];
  /** The enabled triggers and rules that stay when the dependents are removed. */
  triggers: PlatformTrigger[];
}

/** Reads the catalog; changes nothing. */
export async function findObstacles(db: Db, table: LegacyTable): Promise<Obstacles> {
  const dependents = await findDependents(db, table);
  const removed = new Set(dependents.map(({ own_name: name }) => name));
  return {
    dependents,
    narrowChecks: await findNarrowChecks(db, table, removed),
    referrers: await findReferrers(db),
    isDistributed: await isDistributed(db),
    isTyped: await isTyped(db),
    refused: await findRefusedColumns(db, table),
    unfilled: await findUnfilledColumns(db, table),
    triggers: (await findTriggers(db)).filter(({ name }) => !removed.has(name)),
  };
}

/** Evaluates each CHECK constraint over `source` alone for the sources that chartctl writes. */
async function findNarrowChecks(
  db: Db,
  table: LegacyTable,
  removed: ReadonlySet<string | null>,
): Promise<Obstacles['narrowChecks']> {
  const column = table.matched.find(({ expected }) => expected.name === 'source');
  const name = currentName(table, 'source');
  if (!column || !name) return [];
  const { rows } = await db.raw<{ rows: { name: string; definition: string; condition: string }[] }>(`
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition, pg_get_expr(conbin, conrelid) AS condition
    FROM pg_constraint
    WHERE conrelid = to_regclass('${CHART_TABLE}') AND contype = 'c' AND conkey = ARRAY[${column.number}]::int2[]
    ORDER BY conname
  `);
  const offered = SOURCES.map((source) => `('${source}'::text)`).join(', ');
  const narrow = [];
  for (const check of rows) {
    if (removed.has(check.name)) continue; // it cannot be evaluated with text
    const rejects = `SELECT 1 FROM (VALUES ${offered}) AS offered(${name}) WHERE NOT (${check.condition})`;
    const rejected = await db.raw<{ rows: unknown[] }>(rejects.replaceAll('?', '\\?'));
    if (rejected.rows.length > 0) narrow.push(check);
  }
  return narrow;
}

async function findReferrers(db: Db): Promise<Obstacles['referrers']> {
  const { rows } = await db.raw<{ rows: Obstacles['referrers'] }>(`
    SELECT conname AS name, conrelid::regclass::text AS table FROM pg_constraint
    WHERE contype = 'f' AND confrelid = to_regclass('${CHART_TABLE}') ORDER BY 2, 1
  `);
  return rows;
}

async function isTyped(db: Db): Promise<boolean> {
  const { rows } = await db.raw<{ rows: { typed: boolean }[] }>(
    `SELECT reloftype <> 0 AS typed FROM pg_class WHERE oid = to_regclass('${CHART_TABLE}')`,
  );
  return rows[0]?.typed ?? false;
}

async function isDistributed(db: Db): Promise<boolean> {
  const known = await db.raw<{ rows: { catalog: string | null }[] }>(
    `SELECT to_regclass('pg_dist_partition')::text AS catalog`,
  );
  if (!known.rows[0]?.catalog) return false;
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('${CHART_TABLE}')`,
  );
  return rows.length > 0;
}
