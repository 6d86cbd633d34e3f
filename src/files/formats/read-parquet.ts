import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { Failure } from '../../core/failure.js';
import { requireColumns } from './require-columns.js';

/** The rows of a row group, by column. */
export interface ParquetRows {
  length: number;
  columns: Record<string, unknown[]>;
}

/**
 * The row groups of a Parquet file, in its order, one at a time.
 *
 * @throws Failure (failed) for a file that is not Parquet, or that lacks a column of a training file
 */
export async function* readParquet(path: string): AsyncGenerator<ParquetRows> {
  const { file, metadata } = await open(path);
  requireColumns(
    path,
    metadata.schema.slice(1).map(({ name }) => name), // the first element is the whole row
  );
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const length = Number(group.num_rows);
    const columns: ParquetRows['columns'] = {};
    // a column may come in several parts
    const onChunk = ({ columnName, columnData, rowStart: at }: Chunk) => {
      const column = (columns[columnName] ??= new Array<unknown>(length));
      for (let i = 0; i < columnData.length; i += 1) column[at - rowStart + i] = columnData[i];
    };
    await orUnreadable(path, () => parquetRead({ file, metadata, rowStart, rowEnd: rowStart + length, onChunk }));
    yield { length, columns };
    rowStart += length;
  }
}

/** A part of a column, and the number of its first row in the file. */
interface Chunk {
  columnName: string;
  columnData: ArrayLike<unknown>;
  rowStart: number;
}

function open(path: string) {
  return orUnreadable(path, async () => {
    const file = await asyncBufferFromFile(path);
    return { file, metadata: await parquetMetadataAsync(file) };
  });
}

async function orUnreadable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Failure('failed', `cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
}
