import { Failure } from '../../core/failure.js';
import type { Db } from '../../database/store.js';
import { isReadable, type LegacyTable, quoteName } from './legacy-table.js';
import { fromAdoptedRows } from './rows/row-condition.js';

/** Rows may lie this far ahead of the database's clock. */
const CLOCK_TOLERANCE = `interval '5 minutes'`;
/** The greatest offset of a time zone: rows further ahead are wrong in every zone. */
const GREATEST_OFFSET = `interval '14 hours'`;

/** The times of a column `timestamp` that was stored without a time zone. */
export interface NaiveTimes {
  /** The column's current name. */
  name: string;
  /** The zone they are taken in. */
  zone: string;
  /** The user named the zone. */
  isGiven: boolean;
  /** The newest resulting time that is not further ahead than any zone explains; null in an empty table. */
  newest: Date | null;
  /** Rows that lie in the future when they are taken in this zone. */
  future: number;
  /** Rows in hours that the zone skips, when its clocks are put forward. */
  skipped: { count: number; first: string | null };
  /** Rows in hours that the zone has twice, when its clocks are put back. */
  repeated: { count: number; first: string | null };
  /** A zone in which no row lies in the future: that of the server or of this machine. */
  suggestion: string | null;
}

interface TimesRecord {
  newest: Date | null;
  future: string;
  skipped: string;
  first_skipped: string | null;
  repeated: string;
  first_repeated: string | null;
}

/**
 * Reads how the naive times of a legacy table lie in a zone; null when its times have a zone.
 *
 * @param choice the zone, a name of `pg_timezone_names`, without which UTC is assumed, and the rows to adopt
 */
export async function readNaiveTimes(
  db: Db,
  table: LegacyTable,
  { zone, where }: { zone: string | undefined; where: string | undefined },
): Promise<NaiveTimes | null> {
  const column = table.matched.find(({ expected }) => expected.name === 'timestamp');
  if (!column || !isReadable(table) || !column.type.endsWith('without time zone')) return null;
  const name = quoteName(column.name);
  const from = fromAdoptedRows(where);
  const read = await readTimes(db, { name, from }, zone ?? 'UTC');
  const future = Number(read.future);
  return {
    name,
    zone: zone ?? 'UTC',
    isGiven: zone !== undefined,
    newest: read.newest,
    future,
    skipped: { count: Number(read.skipped), first: read.first_skipped },
    repeated: { count: Number(read.repeated), first: read.first_repeated },
    suggestion: future > 0 && zone === undefined ? await suggestZone(db, { name, from }) : null,
  };
}

/** A column, and the item of FROM with its rows. */
interface TimeColumn {
  name: string;
  from: string;
}

async function readTimes(db: Db, { name, from }: TimeColumn, zone: string): Promise<TimesRecord> {
  const time = `${name} AT TIME ZONE '${zone}'`;
  const isFuture = `${time} > now() + ${CLOCK_TOLERANCE} AND ${time} <= now() + ${GREATEST_OFFSET}`;
  const isSkipped = `(${time}) AT TIME ZONE '${zone}' <> ${name}`;
  // PostgreSQL takes a repeated time as the later one, in standard time; clocks are put back by one hour or by half of one
  const isRepeated = ['1 hour', '30 minutes']
    .map((step) => `((${time}) - interval '${step}') AT TIME ZONE '${zone}' = ${name}`)
    .join(' OR ');
  const { rows } = await db.raw<{ rows: TimesRecord[] }>(`
    SELECT max(${time}) FILTER (WHERE ${time} <= now() + ${GREATEST_OFFSET}) AS newest,
      count(*) FILTER (WHERE ${isFuture}) AS future,
      count(*) FILTER (WHERE ${isSkipped}) AS skipped, min(${name}) FILTER (WHERE ${isSkipped})::text AS first_skipped,
      count(*) FILTER (WHERE ${isRepeated}) AS repeated, min(${name}) FILTER (WHERE ${isRepeated})::text AS first_repeated
    FROM ${from} WHERE isfinite(${name})
  `);
  return rows[0]!;
}

/** The platform probably stored the local time of the server or of the machine that this runs on. */
async function suggestZone(db: Db, column: TimeColumn): Promise<string | null> {
  // the session's own setting is UTC; initdb gives the log the zone of the server's machine
  const { rows } = await db.raw<{ rows: { zone: string }[] }>(
    `SELECT substr(setting, 10) AS zone FROM pg_db_role_setting, unnest(setconfig) AS setting
     WHERE setting ILIKE 'TimeZone=%' AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     UNION ALL SELECT current_setting('log_timezone')`,
  );
  for (const zone of [...rows.map((row) => row.zone), Intl.DateTimeFormat().resolvedOptions().timeZone]) {
    const known = await findZone(db, zone);
    if (known === undefined || isUtc(known)) continue;
    const { future, skipped } = await readTimes(db, column, known);
    if (Number(future) === 0 && Number(skipped) === 0) return known;
  }
  return null;
}

/** Whether a zone has no offset: with it the user confirms that the times are UTC. */
export function isUtc(zone: string): boolean {
  return /^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal|Greenwich)([+-]?0)?$/i.test(zone);
}

/** The name of a time zone as PostgreSQL spells it; undefined if it has none of this name. */
async function findZone(db: Db, name: string): Promise<string | undefined> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `SELECT name FROM pg_timezone_names WHERE lower(name) = lower(?) LIMIT 1`,
    [name],
  );
  return rows[0]?.name;
}

/** @throws Failure (usage) for a name that PostgreSQL does not know, with the names that hold it */
export async function parseZone(db: Db, name: string): Promise<string> {
  const found = await findZone(db, name);
  if (found !== undefined) return found;
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `SELECT name FROM pg_timezone_names WHERE strpos(lower(name), lower(?)) > 0 AND name NOT LIKE 'posix%' ORDER BY length(name), name LIMIT 3`,
    [name],
  );
  const similar = name === '' ? [] : rows.map((row) => row.name);
  throw new Failure(
    'usage',
    `--naive-timezone was ${JSON.stringify(name)}, which is not a time zone of this PostgreSQL`,
    {
      hint:
        (similar.length > 0 ? `did you mean ${similar.join(' or ')}? ` : '') +
        'expected a name of pg_timezone_names, such as Europe/Berlin or UTC',
      code: 'UNKNOWN_TIME_ZONE',
    },
  );
}
