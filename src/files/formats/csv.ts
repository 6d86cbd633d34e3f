import { TRAINING_COLUMNS } from '../../rows/training-row.js';
import type { Sink } from '../sink.js';
import type { Format, Lines, ReadingCode } from './format.js';
import { DUCKDB_COLUMNS, NUMBERS_LIST, POLARS_SCHEMA, POLARS_TIMES, quotePython, quoteSql } from './reading-code.js';

export const csv: Format = {
  name: 'csv',
  mediatype: 'text/csv',
  isText: true,
  dialect: { header: true, delimiter: ',', lineTerminator: '\n' },
  readingCode,
  write: (rows, sink) => writeCsv(rows.lines(), sink),
};

/**
 * Writes CSV (RFC 4180, but lines end in LF): a header of column names, then one line a row.
 *
 * The lines come ready from the database, which formats them many times faster: `timestamp` is ISO 8601 with `Z`, null
 * an empty field, a number the shortest text that reads back as the same double (`1e-08` included).
 *
 * @returns the number of rows
 */
async function writeCsv(batches: Lines, sink: Sink): Promise<number> {
  await sink.write(`${TRAINING_COLUMNS.map(({ name }) => name).join(',')}\n`);
  let rows = 0;
  for await (const { length, bytes } of batches) {
    if (length > 0) await sink.write(bytes);
    rows += length;
  }
  return rows;
}

const DUCKDB_DIALECT = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = ''`;

/** Without `round_trip` pandas reads some numbers one bit off, and without the types it reads the symbol 1000 as a number. */
function readingCode(name: string): ReadingCode {
  return {
    pandas: `import pandas as pd
numbers = ${NUMBERS_LIST}
frame = pd.read_csv(${quotePython(name)}, float_precision="round_trip", parse_dates=["timestamp"], keep_default_na=False, na_values=[""], dtype={"symbol": str, "source": str, **dict.fromkeys(numbers, "float64")})`,
    polars: `import polars as pl
numbers = ${NUMBERS_LIST}
frame = pl.read_csv(${quotePython(name)}, ${POLARS_SCHEMA})
${POLARS_TIMES}`,
    duckdb: `SELECT * FROM read_csv(${quoteSql(name)}, ${DUCKDB_DIALECT}, ${DUCKDB_COLUMNS});`,
  };
}
