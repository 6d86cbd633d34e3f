import { normalizeName } from '../columns/column-spellings.js';
import { holdsKey } from '../key-index.js';
import { type FoundColumn, type LegacyTable, quoteName } from '../legacy-table.js';

/** Names of times that change whenever the row does, the best first. */
const UPDATED = [
  ...['writtenat', 'updatedat', 'modifiedat', 'lastmodified', 'lastmodifiedat', 'lastupdated', 'lastupdatedat'],
  ...[
    'lastupdate',
    'lastdataupdate',
    'updatetime',
    'updated',
    'modified',
    'changedat',
    'mtime',
    'updatedon',
    'modifiedon',
  ],
  ...['updateddate', 'modifieddate', 'dateupdated', 'datemodified'],
];

/** Names of times at which a row was inserted; an update does not change them. */
const CREATED = [
  ...['createdat', 'insertedat', 'ingestedat', 'recordedat', 'receivedat', 'fetchedat', 'addedat', 'inserttime'],
  ...['createtime', 'created', 'inserted', 'createdon', 'createddate', 'datecreated', 'ctime'],
];

const TIME_TYPE = /^(timestamp|date)/;
const NUMBER_TYPE = /^(integer|bigint|numeric|double precision|real)/;
/** Times as text are in ISO 8601, which sorts as bytes. */
const TEXT_TYPE = /^(text|character)/;

/** Whether the column says when its row was written. */
export function isWrittenTime({ name, type }: Pick<FoundColumn, 'name' | 'type'>): boolean {
  const words = normalizeName(name);
  const isTime = [TIME_TYPE, NUMBER_TYPE, TEXT_TYPE].some((pattern) => pattern.test(type));
  return isTime && [...UPDATED, ...CREATED].includes(words);
}

/**
 * The order of duplicates, the row to keep first: by the columns that show best when a row was written.
 *
 * Times that change with the row come first, then an ID, then times of insertion. The last criterion is the row's
 * physical position (`ctid`), which is meaningful only in a plain, undistributed table. Where the platform's key allows
 * one row for each source, a FALLBACK row is kept only if Binance has none.
 *
 * @returns the SQL for the table after its columns were renamed, and the criteria in words
 */
export function orderLatestFirst(table: LegacyTable): { sql: string; description: string } {
  const columns = [...table.matched.filter(({ expected }) => expected.name === 'written_at'), ...table.own];
  const named = (names: readonly string[]) =>
    names.flatMap((words) => columns.filter((column) => normalizeName(column.name) === words && isWrittenTime(column)));
  const id = table.own.find(
    (column) =>
      /^(smallint|integer|bigint)$/.test(column.type) &&
      (column.is_identity || column.in_primary_key || column.default_value?.startsWith('nextval(')),
  );
  const criteria = [...named(UPDATED), ...(id ? [id] : []), ...named(CREATED)];
  const keys = criteria.map((column) => `${toSortKey(column, column === id)} DESC NULLS LAST`);
  const source = table.matched.find(({ expected }) => expected.name === 'source');
  const isOnePerSource = table.indexes.some(
    (index) => index.is_unique && holdsKey(table, index.all_columns) && index.all_columns.includes(source?.name ?? ''),
  );
  if (isOnePerSource) keys.unshift(`source IS NOT DISTINCT FROM 'FALLBACK'`);
  const unused = columns.filter((column) => TIME_TYPE.test(column.type) && !criteria.includes(column));
  const names = criteria.map(({ name }) => name);
  return {
    sql: [...keys, 'ctid DESC'].join(', '),
    description:
      (isOnePerSource ? `from Binance rather than FALLBACK, then ` : '') +
      (names.length > 0 ? `by ${names.join(', then ')}` : 'by position in the table') +
      (unused.length > 0 ? ` (not by ${unused.map(({ name }) => name).join(', ')})` : ''),
  };
}

/** Epoch numbers are compared in seconds, whatever the unit of each. */
function toSortKey(column: FoundColumn & { expected?: { name: string } }, isId: boolean): string {
  const name = quoteName(column.expected?.name ?? column.name);
  if (isId || TIME_TYPE.test(column.type)) return name;
  if (TEXT_TYPE.test(column.type)) return `${name} COLLATE "C"`;
  return `CASE WHEN ${name} >= 1e14 THEN ${name} / 1e6 WHEN ${name} >= 1e11 THEN ${name} / 1e3 ELSE ${name} END`;
}
