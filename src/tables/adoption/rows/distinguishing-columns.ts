import type { Db } from '../../../database/store.js';
import {
  areOneMinute,
  chooseValue,
  type ColumnKind,
  findColumnKind,
  findMinuteNumber,
} from '../columns/column-kinds.js';
import { normalizeName } from '../columns/column-spellings.js';
import { holdsKey } from '../key-index.js';
import { currentName, type FoundColumn, type LegacyTable, quoteName, quoteText } from '../legacy-table.js';
import { isWrittenTime } from './written-order.js';

/** A column of the platform's own that may tell rows of one symbol and minute apart. */
export interface OwnKeyColumn {
  column: FoundColumn;
  kind: ColumnKind;
  /** The most frequent first; at most MAX_VALUES. */
  values: ColumnValue[];
  /** The number of all its values. */
  distinct: number;
  /** The minutes of a symbol in which rows differ in it. */
  differingMinutes: number;
  /** It belongs to a unique index, together with the symbol and the timestamp. */
  isInKey: boolean;
  /** Whether its values prove that the rows of a minute are not duplicates, or that rows are not one-minute candles. */
  isDistinguishing: boolean;
  /** The value of chartctl's rows; undefined when none of the values can be. */
  chosen: string | null | undefined;
}

export interface ColumnValue {
  value: string | null;
  count: number;
}

/** How many values of a column are read, to be shown. */
const MAX_VALUES = 20;

/** Types of columns whose values may be labels. Others differ between copies of one candle too, as trade counts do. */
const LABEL_TYPES = /^(text|character.*|citext|boolean|interval)$/;

interface Candidate {
  column: FoundColumn;
  kind: ColumnKind | undefined;
  isInKey: boolean;
}

/** How a candidate differs within the minutes that have several rows. */
interface Differences {
  /** Minutes in which it differs. */
  minutes: number;
  /** Its values in all minutes with several rows. */
  labels: number;
}

/**
 * Reads which of the platform's own columns tell rows apart: those of a unique index wider than (symbol, timestamp),
 * those with a name such as `interval` or `exchange`, and labels that differ in the same way in many minutes.
 *
 * @param from the rows to adopt, as an item of FROM
 * @param ignored columns that the user declared not to distinguish rows
 */
export async function findOwnKeyColumns(
  db: Db,
  table: LegacyTable,
  from: string,
  ignored: readonly string[],
): Promise<OwnKeyColumn[]> {
  const candidates = findCandidates(table).filter(({ column }) => !ignored.includes(column.name));
  const differences = await countDifferences(db, table, from, candidates);
  const found: OwnKeyColumn[] = [];
  for (const [at, candidate] of candidates.entries()) {
    const { minutes, labels } = differences[at]!;
    const isRecurring = minutes >= 2 && labels <= Math.min(minutes, MAX_VALUES);
    if (candidate.kind === undefined && !candidate.isInKey && !isRecurring) continue;
    const { values, distinct } = await countValues(db, from, candidate.column);
    const minute = candidate.kind === 'interval' ? await findMinute(db, table, from, { candidate, values }) : undefined;
    found.push(judge(candidate, { minutes, values, distinct, minute }));
  }
  return found;
}

function judge(
  { column, kind = 'other', isInKey }: Candidate,
  {
    minutes,
    values,
    distinct,
    minute,
  }: { minutes: number; values: ColumnValue[]; distinct: number; minute: string | undefined },
): OwnKeyColumn {
  const texts = values.map(({ value }) => value);
  const isOtherInterval = kind === 'interval' && !areOneMinute(texts, minute);
  return {
    column,
    kind,
    values,
    distinct,
    differingMinutes: minutes,
    isInKey,
    isDistinguishing: minutes > 0 || isOtherInterval || (isInKey && distinct > 1),
    chosen: chooseValue(kind, texts, minute),
  };
}

/**
 * The number that is one minute in an interval column, if its name or the rows tell the unit: 60 is an hour when all
 * of its rows are on the hour.
 */
async function findMinute(
  db: Db,
  table: LegacyTable,
  from: string,
  { candidate: { column }, values }: { candidate: Candidate; values: readonly ColumnValue[] },
): Promise<string | undefined> {
  const named = findMinuteNumber(column.name);
  if (named !== undefined || !hasReadableTime(table) || !values.some(({ value }) => value === '60')) return named;
  const time = currentName(table, 'timestamp')!;
  const { rows } = await db.raw<{ rows: { hourly: boolean | null }[] }>(
    `SELECT bool_and(mod(extract(epoch FROM ${time})::numeric, 3600) = 0) AS hourly
     FROM ${from} WHERE isfinite(${time}) AND ${quoteName(column.name)}::text = '60'`,
  );
  return rows[0]!.hourly ? '1' : undefined;
}

function findCandidates(table: LegacyTable): Candidate[] {
  const wide = table.indexes.filter((index) => index.is_unique && holdsKey(table, index.all_columns));
  return table.own
    .filter((column) => !isSurrogate(column) && !isWrittenTime(column) && !/^(json|bytea)|\[\]$/.test(column.type))
    .map((column) => ({
      column,
      kind: findColumnKind(column.name),
      isInKey: wide.some((index) => index.all_columns.includes(column.name)),
    }))
    .filter(({ column, kind, isInKey }) => isInKey || kind || column.is_enum || LABEL_TYPES.test(column.type));
}

/** Whether the column numbers the rows, so that it differs in copies of one row too. */
function isSurrogate({ name, is_identity: isIdentity, default_value: defaultValue }: FoundColumn): boolean {
  return (
    isIdentity ||
    /^(id|uuid|guid|rowid)$/.test(normalizeName(name)) ||
    /^(nextval|gen_random_uuid|uuid_generate_\w+|public\.uuid_generate_\w+)\(/.test(defaultValue ?? '')
  );
}

async function countDifferences(
  db: Db,
  table: LegacyTable,
  from: string,
  candidates: readonly Candidate[],
): Promise<Differences[]> {
  if (candidates.length === 0) return [];
  const symbol = currentName(table, 'symbol')!;
  const numbered = (toSql: (at: number) => string) => candidates.map((_, at) => toSql(at)).join(', ');
  const values = candidates.map(({ column }, at) => `${quoteName(column.name)}::text AS v${at}`).join(', ');
  const { rows } = await db.raw<{ rows: Record<string, string>[] }>(`
    WITH keyed AS NOT MATERIALIZED (
      SELECT ${symbol}::text AS s, ${minuteOf(table)} AS m, ${values} FROM ${from} WHERE ${symbol} IS NOT NULL
    ), crowded AS MATERIALIZED (
      SELECT s, m FROM keyed WHERE m IS NOT NULL GROUP BY s, m HAVING count(*) > 1
    ), doubled AS MATERIALIZED (
      SELECT keyed.* FROM keyed JOIN crowded USING (s, m)
    ), differing AS (
      SELECT ${numbered((at) => `count(DISTINCT v${at}) + (count(*) > count(v${at}))::int AS d${at}`)}
      FROM doubled GROUP BY s, m
    )
    SELECT * FROM
      (SELECT ${numbered((at) => `count(*) FILTER (WHERE d${at} > 1) AS minutes${at}`)} FROM differing) AS counted,
      (SELECT ${numbered((at) => `count(DISTINCT v${at}) + (count(*) > count(v${at}))::int AS labels${at}`)} FROM doubled) AS labelled`);
  return candidates.map((_, at) => ({
    minutes: Number(rows[0]![`minutes${at}`]),
    labels: Number(rows[0]![`labels${at}`]),
  }));
}

/** The minute of a row; of a timestamp of an unknown unit the value itself. */
function minuteOf(table: LegacyTable): string {
  const time = currentName(table, 'timestamp')!;
  return hasReadableTime(table) ? `date_trunc('minute', ${time})` : time;
}

/** Whether the timestamp has a type of a time. */
function hasReadableTime(table: LegacyTable): boolean {
  return table.matched.some(
    ({ expected, conversion }) => expected.name === 'timestamp' && conversion.kind !== 'refuse',
  );
}

async function countValues(
  db: Db,
  from: string,
  { name }: FoundColumn,
): Promise<{ values: ColumnValue[]; distinct: number }> {
  const { rows } = await db.raw<{ rows: { value: string | null; count: string; distinct: string }[] }>(`
    SELECT ${quoteName(name)}::text AS value, count(*) AS count, count(*) OVER () AS distinct
    FROM ${from} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${MAX_VALUES}`);
  return {
    values: rows.map(({ value, count }) => ({ value, count: Number(count) })),
    distinct: Number(rows[0]?.distinct ?? 0),
  };
}

/** The condition for the rows that have one value in a column. */
export function equalsSql(name: string, value: string | null): string {
  return value === null ? `${quoteName(name)} IS NULL` : `${quoteName(name)} = ${quoteText(value)}`;
}

/** The condition for the rows that have another value or none. */
export function differsSql(name: string, value: string | null): string {
  return `${quoteName(name)} IS ${value === null ? 'NOT NULL' : `DISTINCT FROM ${quoteText(value)}`}`;
}
