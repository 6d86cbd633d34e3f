import type { Db } from '../../database/store.js';
import { quoteName } from '../adoption/legacy-table.js';
import type { Refusal } from '../adoption/refusal.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { type Engine, ENGINE_TITLES } from './engine.js';

/** What an engine does not allow on the chart table, from the catalog. */
export interface EngineObstacles {
  /** Unique indexes with the names of their columns. */
  uniqueIndexes: { name: string; constraint: string | null; columns: string[] }[];
  /** Foreign keys of the table, and of others that refer to it. */
  foreignKeys: { name: string; table: string }[];
  triggers: string[];
  rules: string[];
}

/** Reads the catalog; changes nothing. */
export async function findEngineObstacles(db: Db): Promise<EngineObstacles> {
  const { rows } = await db.raw<{ rows: EngineObstacles[] }>(
    `SELECT
       (SELECT coalesce(json_agg(json_build_object('name', c.relname, 'constraint', k.conname, 'columns',
            ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indrelid
              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))) ORDER BY c.relname), '[]')
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
        WHERE i.indrelid = chart.oid AND (i.indisunique OR i.indisexclusion)) AS "uniqueIndexes",
       (SELECT coalesce(json_agg(json_build_object('name', conname, 'table', conrelid::regclass::text) ORDER BY conname), '[]')
        FROM pg_constraint WHERE contype = 'f' AND (conrelid = chart.oid OR confrelid = chart.oid)) AS "foreignKeys",
       (SELECT coalesce(json_agg(tgname ORDER BY tgname), '[]') FROM pg_trigger
        WHERE tgrelid = chart.oid AND NOT tgisinternal) AS triggers,
       (SELECT coalesce(json_agg(rulename ORDER BY rulename), '[]') FROM pg_rewrite WHERE ev_class = chart.oid) AS rules
     FROM (SELECT to_regclass('${CHART_TABLE}')::oid AS oid) chart`,
  );
  return rows[0]!;
}

/**
 * Refuses what the engine does not allow on a table that it divides, each with the SQL that removes it.
 *
 * @param key the current names of the columns that every unique key must hold
 */
export function refuseEngineObstacles(engine: Engine, found: EngineObstacles, key: readonly string[]): Refusal[] {
  const title = ENGINE_TITLES[engine];
  const keys = found.uniqueIndexes
    .filter(({ columns }) => !key.every((name) => columns.includes(name)))
    .map(({ name, constraint, columns }) => ({
      problem: `the key ${quoteName(name)} is unique over (${columns.join(', ')}): ${title} needs ${key.join(' and ')} in every unique key`,
      remedy: `${toDropKey(name, constraint)} CREATE INDEX ON ${CHART_TABLE} (${columns.map(quoteName).join(', ')});`,
    }));
  const foreign = found.foreignKeys.map(({ name, table }) => ({
    problem: `the foreign key ${quoteName(name)} of ${table} joins ${CHART_TABLE} with another table, which ${title} does not allow`,
    remedy: `ALTER TABLE ${table} DROP CONSTRAINT ${quoteName(name)};`,
  }));
  if (engine === 'timescaledb') return keys;
  return [
    ...foreign,
    ...keys,
    ...found.triggers.map((name) => ({
      problem: `${CHART_TABLE} has the trigger ${quoteName(name)}; ${title} allows none on a distributed table`,
      remedy: `DROP TRIGGER ${quoteName(name)} ON ${CHART_TABLE};`,
    })),
    ...found.rules.map((name) => ({
      problem: `${CHART_TABLE} has the rule ${quoteName(name)}; ${title} allows none on a distributed table`,
      remedy: `DROP RULE ${quoteName(name)} ON ${CHART_TABLE};`,
    })),
  ];
}

function toDropKey(index: string, constraint: string | null): string {
  return constraint === null
    ? `DROP INDEX ${quoteName(index)};`
    : `ALTER TABLE ${CHART_TABLE} DROP CONSTRAINT ${quoteName(constraint)};`;
}
