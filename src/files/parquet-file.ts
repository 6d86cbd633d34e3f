import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { TRAINING_COLUMNS, type TrainingColumn, type TrainingRow } from '../core/training-row.js';
import type { RowBatches, Sink } from './sink.js';

const ROW_GROUP_SIZE = 50_000;

/**
 * Writes Parquet (Snappy): `timestamp` as a UTC timestamp in milliseconds, numbers as doubles, text as UTF-8.
 *
 * Rows leave in row groups of `rowGroupSize`: no more than one group is ever in memory.
 *
 * @returns how many rows it wrote
 */
export async function writeParquet(batches: RowBatches, sink: Sink, rowGroupSize = ROW_GROUP_SIZE): Promise<number> {
  const bytes = new SinkWriter(sink);
  const writer = new ParquetWriter({ writer: bytes, schema: SCHEMA, createdBy: 'chartctl' });
  let group: TrainingRow[] = [];
  let rows = 0;
  for await (const batch of batches) {
    for (const row of batch) {
      group.push(row);
      if (group.length < rowGroupSize) continue;
      await writer.write({ columnData: toColumnData(group), rowGroupSize });
      group = [];
    }
    rows += batch.length;
  }
  if (group.length > 0) await writer.write({ columnData: toColumnData(group), rowGroupSize });
  await writer.finish();
  await bytes.flush();
  return rows;
}

/** Hands its bytes on after each row group; `offset` goes on counting over the whole file. */
class SinkWriter extends ByteWriter {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    super();
    this.#sink = sink;
  }

  async flush(): Promise<void> {
    const bytes = this.getBytes();
    // A new buffer: the sink may still hold the old one.
    this.buffer = new ArrayBuffer(1024);
    this.view = new DataView(this.buffer);
    this.index = 0;
    await this.#sink.write(bytes);
  }
}

function toColumnData(rows: readonly TrainingRow[]): { name: string; data: (string | number | null)[] }[] {
  return TRAINING_COLUMNS.map(({ name }) => ({ name, data: rows.map((row) => row[name]) }));
}

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: TRAINING_COLUMNS.length },
  ...TRAINING_COLUMNS.map((column) => ({ ...toSchemaType(column.type), ...toSchemaName(column) })),
];

function toSchemaName({ name, isNullable }: TrainingColumn): Pick<SchemaElement, 'name' | 'repetition_type'> {
  return { name, repetition_type: isNullable ? 'OPTIONAL' : 'REQUIRED' };
}

/** Both the logical type and the older converted type: readers know one or the other. */
function toSchemaType(type: TrainingColumn['type']): Omit<SchemaElement, 'name'> {
  if (type === 'number') return { type: 'DOUBLE' };
  if (type === 'string') return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
  return {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  };
}
