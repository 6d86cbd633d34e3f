import { EXIT_CODES, type ExitCode, Failure } from '../../core/failure.js';
import type { MinuteRange } from '../../core/range.js';
import { VERSION } from '../../core/version.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Transaction } from '../../database/store.js';
import { FORMATS } from '../../files/formats/formats.js';
import { readTrainingFile } from '../../files/formats/read-training-file.js';
import { withGzip } from '../../files/gzip.js';
import { Digest } from '../../files/sink.js';
import { compareRows } from '../../quality/compare-rows.js';
import { requireCurrentSchema } from '../../tables/migration/require-current-schema.js';
import type { TrainingReader } from '../export/inspect-training-set.js';
import { openTrainingReader } from '../export/training-reader.js';
import { toRowSource } from '../export/write-training-file.js';
import type { StoreContext } from '../job.js';
import { type ExportedFile, type ExportedSet, findExportedSet, type TrainingName } from './find-exported-set.js';
import { readChunks } from './read-chunks.js';
import { type Differences, sumDifferences } from './sum-differences.js';

/** One file that was made again. */
export interface ReproducedFile {
  path: string;
  range: MinuteRange;
  rows: number;
  sha256: string;
  isIdentical: boolean;
  /** The rows that were made now. */
  madeRows: number;
  /** Row by row; null when it is identical, or when its rows cannot be read. */
  differences: Differences | null;
  /** Why its rows cannot be compared. */
  notCompared: string | null;
}

/** A training set that was made again. */
export interface ReproduceResult {
  exportJobId: number;
  isIdentical: boolean;
  files: ReproducedFile[];
  exitCode: ExitCode;
  problem?: Failure;
}

/**
 * Makes a training set again, as the table was when it was exported, and compares it with the exported files: by SHA-256,
 * and where that differs row by row. Nothing is written.
 *
 * @throws Failure as `findExportedSet`, or (usage) `BEFORE_AUDIT` when the audit log does not reach back to the export
 */
export async function reproduce(context: StoreContext, name: TrainingName): Promise<ReproduceResult> {
  const { store } = context;
  await requireCurrentSchema(store);
  const set = await findExportedSet(store.knex, name);
  if (set.version !== null && set.version !== VERSION) {
    context.onNotice?.(`it was exported by chartctl ${set.version}, and this is ${VERSION}`);
  }
  const files = await inSnapshot(store.knex, async (trx) => {
    const made: ReproducedFile[] = [];
    for (const file of set.files) made.push(await reproduceFile(context, trx, set, file));
    return made;
  });
  const differing = files.filter(({ isIdentical }) => !isIdentical);
  if (differing.length === 0) {
    return { exportJobId: set.jobId, isIdentical: true, files, exitCode: EXIT_CODES.done };
  }
  const problem = new Failure('failed', `not identical: ${differing.map(({ path }) => `"${path}"`).join(', ')}`, {
    code: 'NOT_IDENTICAL',
    hint: 'rows that other programs changed are not in the audit log',
  });
  return { exportJobId: set.jobId, isIdentical: false, files, exitCode: problem.exitCode, problem };
}

async function reproduceFile(
  context: StoreContext,
  trx: Transaction,
  set: ExportedSet,
  file: ExportedFile,
): Promise<ReproducedFile> {
  // a reader for each file: it keeps counts of what it has read
  const reader = await openTrainingReader(trx, set, set.symbols);
  const made = await digestAgain(context, reader, set, file);
  const { range, rows, sha256, name } = file;
  const isIdentical = made.sha256 === (file.contentSha256 ?? sha256);
  const described = { path: name, range, rows, sha256, isIdentical, madeRows: made.rows };
  if (isIdentical) return { ...described, differences: null, notCompared: null };
  if (file.path === null) {
    return { ...described, differences: null, notCompared: 'the exported file is there no more, or was changed' };
  }
  const exported = readTrainingFile(file.path, set);
  const again = readChunks(
    set.symbols,
    () => range,
    (symbol, chunk) => reader.blocks(symbol, chunk),
    context.signal,
  );
  const logOf = (symbol: string) => ({ after: reader.instant!.cutOf(symbol), until: 'infinity' });
  const differences = await sumDifferences(trx, compareRows(exported, again, true), { logOf, signal: context.signal });
  return { ...described, differences, notCompared: null };
}

/** The digest of the file as it is made now; of a gzipped one that of its content, if that was recorded. */
async function digestAgain(
  { store, signal }: StoreContext,
  reader: TrainingReader,
  { format, isGzipped, symbols }: ExportedSet,
  { range, contentSha256 }: ExportedFile,
): Promise<{ sha256: string; rows: number }> {
  const { write } = await FORMATS[format].load();
  const parts = [{ name: null, range, embargo: null }];
  const source = toRowSource({ store, signal }, reader, 0, { parts, symbols, found: null });
  const digest = new Digest();
  const sink = {
    write: (chunk: string | Uint8Array) => {
      digest.add(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      return Promise.resolve();
    },
  };
  const isCompressed = isGzipped && contentSha256 === null;
  const rows = isCompressed
    ? (await withGzip(sink, (inner) => write(source, inner))).result
    : await write(source, sink);
  return { sha256: digest.end().sha256, rows };
}
