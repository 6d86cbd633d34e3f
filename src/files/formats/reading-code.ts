import { TRAINING_COLUMNS } from '../../rows/training-row.js';
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

/** Without `round_trip` pandas reads some numbers one bit off, and without the types it takes the symbol 1000 for a number. */
const PANDAS: Readonly<Record<FormatName, (name: string) => string>> = {
  csv: (name) => `import pandas as pd
numbers = ${NUMBERS_LIST}
frame = pd.read_csv(${JSON.stringify(name)}, float_precision="round_trip", parse_dates=["timestamp"], keep_default_na=False, na_values=[""], dtype={"symbol": str, "source": str, **dict.fromkeys(numbers, "float64")})`,
  jsonl: readLines,
  parquet: (name) => `import pandas as pd
frame = pd.read_parquet(${JSON.stringify(name)})`,
};

/** Python's own parser: that of `read_json` fails at the smallest doubles. */
function readLines(name: string): string {
  const [open, imported] = isGzipped(name) ? ['gzip.open', 'import gzip\n'] : ['open', ''];
  return `${imported}import json
import pandas as pd
numbers = ${NUMBERS_LIST}
with ${open}(${JSON.stringify(name)}, "rt", encoding="utf-8") as file:
    frame = pd.DataFrame(map(json.loads, file), columns=["symbol", "timestamp", *numbers, "source"]).astype(dict.fromkeys(numbers, "float64"))
frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)`;
}

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

const DUCKDB_CSV = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = ''`;

/** Everything is said: what is not, DuckDB guesses from the first rows. */
const DUCKDB: Readonly<Record<FormatName, (name: string) => string>> = {
  csv: (name) => `SELECT * FROM read_csv(${quote(name)}, ${DUCKDB_CSV}, ${DUCKDB_COLUMNS});`,
  jsonl: (name) => `SELECT * FROM read_json(${quote(name)}, format = 'newline_delimited', ${DUCKDB_COLUMNS});`,
  parquet: (name) => `SELECT * FROM read_parquet(${quote(name)});`,
};

function quote(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}

function isGzipped(name: string): boolean {
  return /\.gz$/i.test(name);
}
