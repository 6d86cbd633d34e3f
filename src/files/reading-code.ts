import { TRAINING_COLUMNS } from '../core/training-row.js';
import type { FormatName } from './formats.js';

/** Code that reads a training file exactly: every number the same double, times in UTC, symbols as text. */
export interface ReadingCode {
  /** Python. */
  pandas: string;
  /** Python. */
  polars: string;
  /** SQL. */
  duckdb: string;
}

const NUMBERS = TRAINING_COLUMNS.filter(({ type }) => type === 'number').map(({ name }) => name);
/** JSON's lists and strings are Python's too. */
const NUMBERS_LIST = JSON.stringify(NUMBERS).replaceAll(',', ', ');

/** The code for a file of that name in the working directory. */
export function toReadingCode(name: string, format: FormatName): ReadingCode {
  return { pandas: PANDAS[format](name), polars: POLARS[format](name), duckdb: DUCKDB[format](name) };
}

const PANDAS_TYPES = `dtype={"symbol": str, "source": str, **dict.fromkeys(numbers, "float64")}`;

/** Without `round_trip` or `precise_float` pandas reads some numbers one bit off. */
const PANDAS: Readonly<Record<FormatName, (name: string) => string>> = {
  csv: (name) => `import pandas as pd
numbers = ${NUMBERS_LIST}
frame = pd.read_csv(${JSON.stringify(name)}, float_precision="round_trip", parse_dates=["timestamp"], keep_default_na=False, na_values=[""], ${PANDAS_TYPES})`,
  jsonl: (name) => `import pandas as pd
numbers = ${NUMBERS_LIST}
frame = pd.read_json(${JSON.stringify(name)}, lines=True, precise_float=True, convert_dates=["timestamp"], ${PANDAS_TYPES})`,
  parquet: (name) => `import pandas as pd
frame = pd.read_parquet(${JSON.stringify(name)})`,
};

const POLARS_SCHEMA = `schema={"symbol": pl.String, "timestamp": pl.String, **dict.fromkeys(numbers, pl.Float64), "source": pl.String}`;
const POLARS_TIMES = `frame = frame.with_columns(pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="ms", time_zone="UTC"))`;

const POLARS: Readonly<Record<FormatName, (name: string) => string>> = {
  csv: (name) => `import polars as pl
numbers = ${NUMBERS_LIST}
frame = pl.read_csv(${JSON.stringify(name)}, ${POLARS_SCHEMA})
${POLARS_TIMES}`,
  jsonl: (name) => (isGzipped(name) ? readGzippedNdjson(name) : readNdjson(JSON.stringify(name))),
  parquet: (name) => `import polars as pl
frame = pl.read_parquet(${JSON.stringify(name)})`,
};

function readNdjson(source: string): string {
  return `import polars as pl
numbers = ${NUMBERS_LIST}
frame = pl.read_ndjson(${source}, ${POLARS_SCHEMA})
${POLARS_TIMES}`;
}

/** Not every version of polars decompresses JSON Lines by itself. */
function readGzippedNdjson(name: string): string {
  return `import gzip
${readNdjson(`gzip.open(${JSON.stringify(name)}).read()`)}`;
}

const DUCKDB_TYPES = { string: 'VARCHAR', datetime: 'TIMESTAMPTZ', number: 'DOUBLE' };
const DUCKDB_COLUMNS = `columns = {${TRAINING_COLUMNS.map(({ name, type }) => `'${name}': '${DUCKDB_TYPES[type]}'`).join(', ')}}`;

/** The types are named: DuckDB would else guess them from the first rows. */
const DUCKDB: Readonly<Record<FormatName, (name: string) => string>> = {
  csv: (name) => `SELECT * FROM read_csv(${quote(name)}, header = true, ${DUCKDB_COLUMNS});`,
  jsonl: (name) => `SELECT * FROM read_json(${quote(name)}, format = 'newline_delimited', ${DUCKDB_COLUMNS});`,
  parquet: (name) => `SELECT * FROM read_parquet(${quote(name)});`,
};

function quote(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}

function isGzipped(name: string): boolean {
  return /\.gz$/i.test(name);
}
