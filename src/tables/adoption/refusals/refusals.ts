import type { LegacyRows } from '../legacy-rows.js';
import type { LegacyTable } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import type { Refusal } from '../refusal.js';
import { refuseDistinguishing } from './distinguishing.js';
import { refuseKeys, refuseNarrowConstraints, refuseReferrers } from './keys.js';
import { refuseOpenTimes } from './open-times.js';
import { refuseRelation, refuseTyped } from './relation.js';
import { refuseSources } from './sources.js';
import { refuseMissing, refuseSpellings } from './spellings.js';
import { refuseSymbols } from './symbols.js';
import { refuseVenues } from './venues.js';
import { refuseDependents, refuseTypes } from './column-types.js';
import { refuseOwnColumns, refuseUnwritable } from './unwritable.js';

/** What was read about a legacy table. */
interface LegacyFindings {
  table: LegacyTable;
  obstacles: Obstacles;
  /** Null when they could not be read, because of the table's kind or columns. */
  rows: LegacyRows | null;
}

/** What the user decided beforehand. */
interface Decisions {
  adoptSpelling: boolean;
  keepSymbols: boolean;
}

/** All reasons why the table cannot be adopted as it is. */
export function findLegacyRefusals(findings: LegacyFindings, { adoptSpelling, keepSymbols }: Decisions): Refusal[] {
  const { table, rows, obstacles } = findings;
  const relation = [...refuseRelation(table), ...refuseTyped(obstacles)];
  if (relation.length === 0) relation.push(...refuseOpenTimes(table, obstacles));
  if (relation.length > 0) return relation;
  // the SQL of the remedies must run in this order: what depends on a column before its type, constraints before rows,
  // and the new names of columns after everything that uses the present ones
  return [
    ...refuseUnwritable(table),
    ...refuseDependents(table, obstacles),
    ...refuseReferrers(rows, obstacles),
    ...refuseDistinguishing(rows, obstacles),
    ...refuseKeys(table),
    ...refuseNarrowConstraints(obstacles),
    ...refuseTypes(obstacles),
    ...refuseOwnColumns(obstacles),
    ...refuseSources(table, rows, obstacles),
    ...refuseVenues(table, rows, obstacles),
    ...(keepSymbols ? [] : refuseSymbols(table, rows, obstacles)),
    ...refuseMissing(table),
    ...refuseSpellings(table, rows, { adoptSpelling, triggers: obstacles.triggers }),
  ];
}
