import { type MatchedColumn, quoteName } from '../legacy-table.js';

/** How a remedy converts a column of a type that the migration refuses. */
export interface TypeRemedy {
  /** The type that the remedy gives the column. */
  to: string;
  /** The SQL expression of the new value. */
  using: string;
  /** A condition that is false for values that cannot be converted; null when every value can be. */
  readable: string | null;
}

const TRUE_WORDS = `('t', 'true', 'y', 'yes', 'on', '1')`;
const FALSE_WORDS = `('f', 'false', 'n', 'no', 'off', '0', '')`;

const DECIMAL = '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]{1,2})?$|^[+-]?(inf|infinity)$|^nan$';
/** Seconds have 9 to 11 digits, milliseconds up to 13, microseconds 15 to 17, nanoseconds up to 19. */
const EPOCH = '^([0-9]{9,13}|[0-9]{15,19})([.][0-9]+)?$';
/** Lesser numbers are no seconds of a year after 1973, but days, minutes, or digits such as 20250601. */
const LEAST_EPOCH = 1e8;
/** Days that exist, except that every year has a 29 February here. */
const DAY = '[0-9]{4}[-/]((0[1-9]|1[0-2])[-/](0[1-9]|1[0-9]|2[0-9])|(0[13-9]|1[0-2])[-/]30|(0[13578]|1[02])[-/]31)';
const CLOCK = '(([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)([.][0-9]+)?)?|24:00(:00([.]0+)?)?)';
const OFFSET = ' ?(z|utc|gmt|[+-][0-9]{2}(:?[0-9]{2})?)';
/** Matches what an ISO 8601 time without an offset looks like; in lower case. */
export const NAIVE_TIME = `^${DAY}([ t]${CLOCK})?$`;
const ZONED_TIME = `^${DAY}[ t]${CLOCK}${OFFSET}$`;

/** Numbers of seconds, milliseconds, microseconds or nanoseconds, each value by its own magnitude. */
function toEpochSql(value: string): string {
  const unit = `CASE WHEN ${value} < 1e11 THEN 1 WHEN ${value} < 1e14 THEN 1e3 WHEN ${value} < 1e17 THEN 1e6 ELSE 1e9 END`;
  return `to_timestamp(${value}::numeric / ${unit})`;
}

/** The value as text without the blanks and quotes around it (those of JSON), in lower case. */
export function toWordSql(name: string): string {
  return `lower(btrim(${name}::text, ' "'))`;
}

const NUMBER_TYPE = /^(smallint|integer|bigint|numeric.*|double precision|real)$/;

/**
 * The conversion of a column whose type the migration refuses, as pure SQL.
 *
 * @param isNaiveText every readable value of a text column is a time without an offset: then the column gets a type
 *   without time zone, and the migration asks for the zone if it must
 * @param zone the time zone of times without an offset beside others with one
 */
export function findTypeRemedy(column: MatchedColumn, isNaiveText: boolean, zone: string): TypeRemedy {
  const name = quoteName(column.name);
  const word = toWordSql(name);
  switch (column.expected.family) {
    case 'time':
      return findTimeRemedy(column, isNaiveText, zone);
    case 'number':
      if (column.type === 'money') return { to: 'double precision', using: `${name}::numeric::float8`, readable: null };
      return {
        to: 'double precision',
        using: `CASE WHEN ${word} ~ '${DECIMAL}' THEN ${word}::float8 END`,
        readable: `${word} ~ '${DECIMAL}'`,
      };
    case 'boolean': {
      if (NUMBER_TYPE.test(column.type)) return { to: 'boolean', using: `${name} <> 0`, readable: null };
      // an unknown word in a flag is taken as flagged
      const other = column.expected.name === 'hasmissingdata' ? ` WHEN ${name} IS NOT NULL THEN true` : '';
      const using = `CASE WHEN ${word} IN ${TRUE_WORDS} THEN true WHEN ${word} IN ${FALSE_WORDS} THEN false${other} END`;
      return { to: 'boolean', using, readable: null };
    }
    case 'text':
      return { to: 'text', using: `btrim(${name}::text, ' "')`, readable: null };
  }
}

function findTimeRemedy(column: MatchedColumn, isNaiveText: boolean, zone: string): TypeRemedy {
  const name = quoteName(column.name);
  const word = toWordSql(name);
  const to = 'timestamp with time zone';
  if (NUMBER_TYPE.test(column.type)) {
    // NaN is greater than every number
    return { to, using: toEpochSql(name), readable: `${name} >= ${LEAST_EPOCH} AND ${name} < 1e20` };
  }
  if (column.type === 'date') return { to, using: `${name}::timestamp AT TIME ZONE '${zone}'`, readable: null };
  const naive = `WHEN ${word} ~ '${NAIVE_TIME}' THEN ${word}::timestamp`;
  if (isNaiveText) {
    return { to: 'timestamp without time zone', using: `CASE ${naive} END`, readable: `${word} ~ '${NAIVE_TIME}'` };
  }
  const epoch = `WHEN ${word} ~ '${EPOCH}' THEN ${toEpochSql(`${word}::numeric`)}`;
  const zoned = `WHEN ${word} ~ '${ZONED_TIME}' THEN ${word}::timestamptz`;
  return {
    to,
    using: `CASE ${epoch} ${zoned} ${naive} AT TIME ZONE '${zone}' END`,
    readable: `${word} ~ '${EPOCH}|${ZONED_TIME}|${NAIVE_TIME}'`,
  };
}
