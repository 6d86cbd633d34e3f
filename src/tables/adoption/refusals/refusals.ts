import type { LegacyRows } from '../legacy-rows.js';
import type { LegacyTable } from '../legacy-table.js';
import type { Obstacles } from '../obstacles.js';
import type { Refusal } from '../refusal.js';
import { refuseKeys, refuseReferrers } from './keys.js';
import { refuseRelation } from './relation.js';
import { refuseSources } from './sources.js';
import { refuseMissing, refuseSpellings } from './spellings.js';
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
