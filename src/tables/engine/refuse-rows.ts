import type { Db } from '../../database/store.js';
import { isReadable, type LegacyTable, quoteName } from '../adoption/legacy-table.js';
import { type Refusal, toMoveStatement } from '../adoption/refusal.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { type Engine, ENGINE_TITLES } from './engine.js';

/** What the column by which the table is divided must hold in each row. */
const CONDITIONS: Readonly<Record<Engine, (column: string) => { isMissing: string; what: string }>> = {
  citus: (column) => ({ isMissing: `${column} IS NULL`, what: `have no ${column}` }),
  timescaledb: (column) => ({
    isMissing: `${column} IS NULL OR NOT isfinite(${column})`,
    what: `have no ${column}, or one that is infinite`,
  }),
};

/**
 * Refuses rows that have no value in the column by which the engine divides the table.
 *
 * @param column its current name
 * @param table the table that is adopted; undefined: chartctl has created it
 */
export async function refuseRows(
  db: Db,
  engine: Engine,
  column: string,
  table: LegacyTable | undefined,
): Promise<Refusal[]> {
  const isTime = (type: string) => type.startsWith('timestamp');
  const found = table?.matched.find(({ name }) => name === column);
  if (table && (!isReadable(table) || !found || (engine === 'timescaledb' && !isTime(found.type)))) return [];
  if (!table && !(await exists(db))) return [];
  const { isMissing, what } = CONDITIONS[engine](quoteName(column));
  const { rows } = await db.raw<{ rows: { count: string }[] }>(
    `SELECT count(*) AS count FROM ${CHART_TABLE} WHERE ${isMissing}`,
  );
  const count = Number(rows[0]!.count);
  if (count === 0) return [];
  return [
    {
      problem: `${count} rows ${what}: ${ENGINE_TITLES[engine]} cannot place them`,
      remedy: toMoveStatement(isMissing, 'unplaced'),
    },
  ];
}

async function exists(db: Db): Promise<boolean> {
  const { rows } = await db.raw<{ rows: { name: string | null }[] }>(
    `SELECT to_regclass('${CHART_TABLE}')::text AS name`,
  );
  return rows[0]!.name !== null;
}
