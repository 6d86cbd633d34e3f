import { tableFromIPC } from 'apache-arrow';
import { spawnSync } from 'node:child_process';
import { readParquet } from 'parquet-wasm/node';
import * as assert from 'uvu/assert';
import { TRAINING_COLUMNS, type TrainingRow } from '../../src/rows/training-row.js';

/** A row's cells as they are compared: a number as its 16 hexadecimal digits, a time as epoch milliseconds. */
export type Bits = (string | number | null)[];

export function toBits(row: TrainingRow): Bits {
  return TRAINING_COLUMNS.map(({ name, type }) => (type === 'number' ? toHex(row[name] as number | null) : row[name]));
}

export function toHex(number: number | null): string | null {
  if (number === null) return null;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes.toString('hex');
}

const pythons = new Map<string, string | undefined>();

/** A Python that has the package, the system's before the first of PATH; undefined if there is none. */
export function findPython(module: string): string | undefined {
  if (!pythons.has(module)) pythons.set(module, searchPython(module));
  return pythons.get(module);
}

function searchPython(module: string): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0);
}

/** Prints the rows of `frame`, of any of the libraries, as JSON of their bits. */
const PRINT_BITS = `
import json, math, struct
def bits(value):
    if value is None or isinstance(value, str): return value
    if hasattr(value, "timestamp"): return round(value.timestamp() * 1000)
    assert isinstance(value, float), type(value)
    return None if math.isnan(value) else struct.pack(">d", value).hex()
print(json.dumps([list(columns)] + [[bits(value) for value in row] for row in rows]))
`;

const ROWS_OF = {
  pandas: `columns, rows = frame.columns, frame.itertuples(index=False, name=None)`,
  polars: `columns, rows = frame.columns, frame.rows()`,
  duckdb: `columns, rows = [name for name, *_ in cursor.description], cursor.fetchall()`,
};

/** Runs a manifest's code in the folder of its files; returns the column names and the rows that it read. */
export function readByCode(
  python: string,
  library: keyof typeof ROWS_OF,
  code: string,
  folder: string,
): [string[], ...Bits[]] {
  const read =
    library === 'duckdb' ? `import duckdb\ncursor = duckdb.connect().execute(${JSON.stringify(code)})` : code;
  const program = [read, ROWS_OF[library], PRINT_BITS].join('\n');
  const { status, stdout, stderr } = spawnSync(python, ['-c', program], { cwd: folder, maxBuffer: 1 << 28 });
  assert.is(status, 0, stderr.toString());
  return JSON.parse(stdout.toString()) as [string[], ...Bits[]];
}

/** The rows and the columns' types of a Parquet file as Rust's arrow reads it. */
export function readWithArrow(file: Uint8Array): { types: Record<string, string>; rows: Bits[] } {
  const table = tableFromIPC(readParquet(new Uint8Array(file)).intoIPCStream());
  const { fields } = table.schema;
  const types = fields.map(({ name, type, nullable }) => [name, `${String(type)}${nullable ? ', null' : ''}`]);
  const rows = Array.from({ length: table.numRows }, (_, at) =>
    fields.map((field, place): Bits[number] => {
      const value = table.getChildAt(place)!.get(at) as string | number | null;
      return String(field.type) === 'Float64' ? toHex(value as number | null) : value;
    }),
  );
  return { types: Object.fromEntries(types) as Record<string, string>, rows };
}
