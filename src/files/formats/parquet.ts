import type { Format } from './format.js';
import { quotePython, quoteSql } from './reading-code.js';

export const parquet: Format = {
  name: 'parquet',
  mediatype: 'application/vnd.apache.parquet',
  isText: false,
  readingCode: (name) => ({
    pandas: `import pandas as pd
frame = pd.read_parquet(${quotePython(name)})`,
    polars: `import polars as pl
frame = pl.read_parquet(${quotePython(name)})`,
    duckdb: `SELECT * FROM read_parquet(${quoteSql(name)});`,
  }),
  write: async (rows, sink) => (await import('./write-parquet.js')).writeParquet(rows.blocks(), sink),
};
