import { sourceAt } from '../../rows/row-block.js';
import { TRAINING_COLUMNS, type TrainingBlock } from '../../rows/training-row.js';
import type { Sink } from '../sink.js';
import { type Blocks, type Format, type ReadingCode, toIsoTime } from './format.js';
import {
  DUCKDB_COLUMNS,
  isGzipped,
  NUMBERS_LIST,
  POLARS_SCHEMA,
  POLARS_TIMES,
  quotePython,
  quoteSql,
} from './reading-code.js';

export const jsonl: Format = {
  name: 'jsonl',
  mediatype: 'application/jsonl',
  isText: true,
  dialect: { itemType: 'object' },
  readingCode,
  write: (rows, sink) => writeJsonLines(rows.blocks(), sink),
};

/** Bounds the text that is in memory at once. */
const ROWS_PER_WRITE = 1_000;

/**
 * Writes JSON Lines: one object a row, keys in the order of the columns, `timestamp` as ISO 8601 with `Z`.
 *
 * @returns the number of rows
 */
async function writeJsonLines(batches: Blocks, sink: Sink): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    const lineAt = lineFormatter(batch);
    for (let start = 0; start < batch.length; start += ROWS_PER_WRITE) {
      let text = '';
      const end = Math.min(batch.length, start + ROWS_PER_WRITE);
      for (let at = start; at < end; at += 1) text += lineAt(at);
      await sink.write(text);
    }
    rows += batch.length;
  }
  return rows;
}

/** A function that formats the line of a row; the text that is the same in every line is made once. */
function lineFormatter({ symbol, columns }: TrainingBlock): (at: number) => string {
  const cells = TRAINING_COLUMNS.map(({ name }, place): [lead: string, textAt: (at: number) => string | number] => {
    const lead = `${place === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    if (name === 'symbol') return [lead + JSON.stringify(symbol), () => ''];
    if (name === 'timestamp') return [lead, (at) => `"${toIsoTime(columns.openTime[at]!)}"`];
    if (name === 'source') return [lead, (at) => `"${sourceAt(columns, at)}"`];
    return [lead, (at) => formatNumber(columns[name][at]!)];
  });
  return (at) => {
    let line = '';
    for (const [lead, textAt] of cells) line += lead + textAt(at);
    return `${line}}\n`;
  };
}

/** Greater whole numbers are written with an exponent: some readers parse plain digits as an integer and overflow. */
const MAX_PLAIN_INTEGER = 2 ** 53;

/** The shortest text of the same double, -0 included; JSON has no number that is not finite. */
function formatNumber(value: number): number | string {
  if (!Number.isFinite(value)) return 'null';
  if (value === 0) return Object.is(value, 0) ? '0' : '-0.0';
  return Math.abs(value) < MAX_PLAIN_INTEGER ? value : value.toExponential();
}

function readingCode(name: string): ReadingCode {
  return {
    pandas: readWithPandas(name),
    polars: readWithPolars(name),
    duckdb: `SELECT * FROM read_json(${quoteSql(name)}, format = 'newline_delimited', ${DUCKDB_COLUMNS});`,
  };
}

/** Parses with Python's `json`, because `read_json` fails at the smallest doubles. */
function readWithPandas(name: string): string {
  const [open, imported] = isGzipped(name) ? ['gzip.open', 'import gzip\n'] : ['open', ''];
  return `${imported}import json
import pandas as pd
numbers = ${NUMBERS_LIST}
with ${open}(${quotePython(name)}, "rt", encoding="utf-8") as file:
    frame = pd.DataFrame(map(json.loads, file), columns=["symbol", "timestamp", *numbers, "source"]).astype(dict.fromkeys(numbers, "float64"))
frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)`;
}

/** Decompresses with Python's `gzip`, because not every version of polars decompresses JSON Lines. */
function readWithPolars(name: string): string {
  const quoted = quotePython(name);
  const [source, imported] = isGzipped(name) ? [`gzip.open(${quoted}).read()`, 'import gzip\n'] : [quoted, ''];
  return `${imported}import polars as pl
numbers = ${NUMBERS_LIST}
frame = pl.read_ndjson(${source}, ${POLARS_SCHEMA})
${POLARS_TIMES}`;
}
