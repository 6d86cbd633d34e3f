import type { Db } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { type Dependent, findDependents } from './dependents.js';
import type { LegacyTable } from '../legacy-table.js';
import { findNarrowConstraints, type NarrowConstraint } from './narrow-constraints.js';
import { findTriggers, type PlatformTrigger } from './platform-triggers.js';
import { findUnfilledColumns, type UnfilledColumn } from './unfilled-columns.js';
import { findRefusedColumns, type RefusedColumn } from './unreadable-rows.js';

/** Objects around a legacy table that may prevent its adoption. */
export interface Obstacles {
  /** In the order of their removal. */
  dependents: Dependent[];
  /** CHECK constraints and foreign keys that reject rows that chartctl writes. */
  narrow: NarrowConstraint[];
  /** Foreign keys of other tables that refer to this one. */
  referrers: { name: string; table: string }[];
  /** The table has a composite type, which fixes its columns. */
  isTyped: boolean;
  /** Columns of types that the migration refuses. */
  refused: RefusedColumn[];
  /** Columns of the platform that a row of chartctl would leave without a value. */
  unfilled: UnfilledColumn[];
  /** The enabled triggers and rules that stay when the dependents are removed. */
  triggers: PlatformTrigger[];
}

/**
 * Reads the catalog, and the values of columns whose types are refused; changes nothing.
 *
 * @param zone the time zone of times that were stored without one
 */
export async function findObstacles(db: Db, table: LegacyTable, zone: string): Promise<Obstacles> {
  const dependents = await findDependents(db, table);
  const removed = new Set(dependents.map(({ own_name: name }) => name));
  return {
    dependents,
    narrow: (await findNarrowConstraints(db, table)).filter(({ name }) => !removed.has(name)),
    referrers: await findReferrers(db),
    isTyped: await isTyped(db),
    refused: await findRefusedColumns(db, table, zone),
    unfilled: await findUnfilledColumns(db, table),
    triggers: (await findTriggers(db)).filter(({ name }) => !removed.has(name)),
  };
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
