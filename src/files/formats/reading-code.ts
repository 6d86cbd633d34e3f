import { TRAINING_COLUMNS } from '../../rows/training-row.js';

const NUMBERS = TRAINING_COLUMNS.filter(({ type }) => type === 'number').map(({ name }) => name);
/** The names of the number columns as a Python list; JSON's lists and strings are Python's too. */
export const NUMBERS_LIST = JSON.stringify(NUMBERS).replaceAll(',', ', ');

/** The columns as polars' `schema=` argument; the code defines `numbers` before. */
export const POLARS_SCHEMA = `schema={"symbol": pl.String, "timestamp": pl.String, **dict.fromkeys(numbers, pl.Float64), "source": pl.String}`;
export const POLARS_TIMES = `frame = frame.with_columns(pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="ms", time_zone="UTC"))`;

const DUCKDB_TYPES = { string: 'VARCHAR', datetime: 'TIMESTAMPTZ', number: 'DOUBLE' };
/** The columns as DuckDB's `columns` argument. What is not given, DuckDB guesses from the first rows. */
export const DUCKDB_COLUMNS = `columns = {${TRAINING_COLUMNS.map(({ name, type }) => `'${name}': '${DUCKDB_TYPES[type]}'`).join(', ')}}`;

export function quotePython(text: string): string {
  return JSON.stringify(text);
}

export function quoteSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function isGzipped(name: string): boolean {
  return /\.gz$/i.test(name);
}
