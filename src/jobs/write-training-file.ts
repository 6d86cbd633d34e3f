import type { Writable } from 'node:stream';
import { throwIfStopped } from '../core/failure.js';
import type { MinuteRange } from '../core/range.js';
import { VERSION } from '../core/version.js';
import { withAtomicFile } from '../files/atomic-file.js';
import { FORMATS, type FormatName } from '../files/formats.js';
import { manifestPath, toManifest } from '../files/manifest.js';
import type { RowSource } from '../files/sink.js';
import { toStreamSink } from '../files/stream-sink.js';
import type { Transaction } from '../store/handles.js';
import { readDatabaseClock } from '../store/locks.js';
import { streamTrainingBlocks, streamTrainingLines } from '../store/training-rows.js';
import type { JobContext } from './context.js';
import type { Inspection } from './export-training-set.js';

/** A training file that was written whole. */
export interface TrainingFile {
  path: string;
  /** The manifest's path. */
  manifest: string;
  bytes: number;
  sha256: string;
  rows: number;
}

interface TrainingFileWork {
  out: string | Writable;
  format: FormatName;
  jobId: number;
  /** The symbols in the file's order, with what is in the file of each. */
  found: ReadonlyMap<string, Inspection>;
}

/** Streams the valid rows of a snapshot to a file with a manifest beside it, or to a stream (null is answered then). */
export async function writeTrainingFile(
  context: JobContext,
  trx: Transaction,
  { out, format, jobId, found }: TrainingFileWork,
): Promise<TrainingFile | null> {
  const source: RowSource = {
    blocks: () => streamAll(context, found, (symbol, range) => streamTrainingBlocks(trx, symbol, range)),
    lines: () => streamAll(context, found, (symbol, range) => streamTrainingLines(trx, symbol, range)),
  };
  if (typeof out !== 'string') {
    await FORMATS[format].write(source, toStreamSink(out));
    return null;
  }
  const { result: rows, bytes, sha256 } = await withAtomicFile(out, (sink) => FORMATS[format].write(source, sink));
  const manifest = toManifest({
    path: out,
    format,
    bytes,
    sha256,
    rows,
    createdAt: (await readDatabaseClock(trx)).getTime(),
    version: VERSION,
    jobId,
    symbols: [...found].map(([symbol, { summary }]) => ({ symbol, ...summary })),
    excluded: [...found].flatMap(([symbol, { summary }]) => summary.excluded.map((part) => ({ symbol, ...part }))),
  });
  const path = manifestPath(out);
  await withAtomicFile(path, (sink) => sink.write(`${JSON.stringify(manifest, null, 2)}\n`));
  return { path: out, manifest: path, bytes, sha256, rows };
}

/** The batches of every symbol; between two of them the job can be stopped. */
async function* streamAll<T extends { length: number }>(
  { signal, onProgress }: JobContext,
  found: ReadonlyMap<string, Inspection>,
  stream: (symbol: string, range: MinuteRange) => AsyncIterable<T>,
): AsyncGenerator<T> {
  for (const [symbol, { summary }] of found) {
    let done = 0;
    for await (const batch of stream(symbol, summary.range)) {
      throwIfStopped(signal);
      yield batch;
      done += batch.length;
      onProgress?.({ symbol, done, total: summary.rows, unit: 'rows' });
    }
  }
}
