import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { Failure } from '../../core/failure.js';
import { requireColumns } from './require-columns.js';

/**
 * The rows of a Parquet file, in its order. One row group is in memory at a time.
 *
 * @throws Failure (failed) for a file that is not Parquet, or that lacks a column of a training file
 */
export async function* readParquet(path: string): AsyncGenerator<Record<string, unknown>> {
  const { file, metadata } = await open(path);
  requireColumns(
    path,
    metadata.schema.slice(1).map(({ name }) => name), // the first element is the whole row
  );
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    yield* await orUnreadable(path, () => parquetReadObjects({ file, metadata, rowStart, rowEnd }));
    rowStart = rowEnd;
  }
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
