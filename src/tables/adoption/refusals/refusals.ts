import type { LegacyRows } from '../legacy-rows.js';
import type { LegacyTable } from '../legacy-table.js';
import type { Obstacles } from '../obstacles.js';
import type { Refusal } from '../refusal.js';
import { refuseKeys, refuseReferrers } from './keys.js';
import { refuseRelation, refuseTyped } from './relation.js';
import { refuseSources } from './sources.js';
import { findRenamed, refuseMissing, refuseSpellings } from './spellings.js';
import { refuseDependents, refuseTypes } from './column-types.js';
import { refuseOwnColumns, refuseUnwritable } from './unwritable.js';

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
  const relation = [...refuseRelation(table, obstacles.isDistributed), ...refuseTyped(obstacles)];
  if (relation.length > 0) return relation;
  // the SQL of the remedies must run in this order: what depends on a column before its type, constraints before rows
  return [
    ...refuseMissing(table),
    ...refuseSpellings(table, adoptQuoted),
    ...refuseUnwritable(table),
    ...refuseDependents(table, obstacles),
    ...refuseReferrers(rows, obstacles),
    ...refuseKeys(table),
    ...refuseTypes(obstacles),
    ...refuseOwnColumns(obstacles, findRenamed(table)),
    ...refuseSources(table, rows, obstacles),
  ];
}
