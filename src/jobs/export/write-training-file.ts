import type { Writable } from 'node:stream';
import { throwIfStopped } from '../../core/failure.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import type { PartName, TimeSplit } from '../../core/time-split.js';
import { VERSION } from '../../core/version.js';
import { withLockFile } from '../../database/file-locks/lock-file.js';
import { readDatabaseClock } from '../../database/server-facts.js';
import type { Transaction } from '../../database/store.js';
import { type CreateFile, type RenameGuard, withAtomicFiles } from '../../files/atomic-file.js';
import type { Format, RowSource } from '../../files/formats/format.js';
import { type FormatName, FORMATS } from '../../files/formats/formats.js';
import { withGzip } from '../../files/gzip.js';
import { type ManifestFile, manifestPath, partPath, toManifest } from '../../files/manifest.js';
import { type ContentDigest, toStreamSink } from '../../files/sink.js';
import { INDICATOR_PARAMETERS } from '../../indicators/indicators.js';
import type { JobContext, StoreContext } from '../job.js';
import type { Instant } from '../../tables/past/instant.js';
import { currentWriter } from '../current-writer.js';
import { type Inspection, sumSources, type TrainingPart, type TrainingReader } from './inspect-training-set.js';

/** A training file that was written. */
export interface TrainingFile extends ContentDigest {
  /** The path of the file. */
  path: string;
  /** The path of the manifest, which the parts of a split share. */
  manifest: string;
  /** The number of rows in the file. */
  rows: number;
  /** With a split. */
  part?: PartName;
  /** The minutes of the file. */
  range: MinuteRange;
}

interface TrainingSet {
  out: string;
  format: FormatName;
  isGzipped: boolean;
  range: MinuteRange;
  /** The whole range, or the parts of the split. */
  parts: readonly TrainingPart[];
  split: TimeSplit | undefined;
  jobId: number;
  /** In the order of the files. */
  symbols: readonly string[];
  /** The content of each symbol; null if it is known only when the rows have been read. */
  found: ReadonlyMap<string, Inspection> | null;
  /** The content of each symbol; called when all rows have been written. */
  inspect: () => Promise<ReadonlyMap<string, Inspection>>;
  knownWithinMs?: number | undefined;
}

/** Writes the valid rows of a snapshot to a stream. */
export async function writeTrainingStream(
  context: JobContext,
  reader: TrainingReader,
  {
    out,
    format,
    range,
    symbols,
    found,
  }: { out: Writable } & Pick<TrainingSet, 'format' | 'range' | 'symbols' | 'found'>,
): Promise<void> {
  const { write } = await FORMATS[format].load();
  const parts = [{ name: null, range, embargo: null }];
  await write(toRowSource(context, reader, 0, { parts, symbols, found }), toStreamSink(out));
}

/** Writes the valid rows of a snapshot to one file per part, and a manifest. Either all files appear or none. */
export async function writeTrainingFiles(
  context: JobContext,
  trx: Transaction,
  reader: TrainingReader,
  set: TrainingSet,
): Promise<TrainingFile[]> {
  const format = await FORMATS[set.format].load();
  const manifest = manifestPath(set.out);
  const guardRename: RenameGuard = (takeNames) => withLockFile(`${manifest}.lock`, takeNames);
  return withAtomicFiles(
    async (create) => {
      const written: (Omit<ManifestFile, 'bySource'> & { part: PartName | null })[] = [];
      for (const [i, part] of set.parts.entries()) {
        const path = part.name === null ? set.out : partPath(set.out, part.name);
        const source = toRowSource(context, reader, i, set);
        const file = await writeFile(create, path, source, { format, isGzipped: set.isGzipped });
        written.push({ path, part: part.name, range: part.range, ...file });
      }
      const found = await set.inspect();
      const files = written.map((file, i) => ({
        ...file,
        bySource: sumSources([...found.values()].map(({ counts }) => counts[i]!)),
      }));
      const createdAt = (await readDatabaseClock(trx)).getTime();
      const content = describeManifest({ ...set, found }, format, files, createdAt, reader.instant);
      const text = JSON.stringify(content, null, 2);
      await create(manifest, (sink) => sink.write(`${text}\n`));
      return files.map(({ path, part, range, rows, bytes, sha256 }) => {
        return { path, manifest, bytes, sha256, rows, ...(part ? { part } : {}), range };
      });
    },
    { guardRename, writer: currentWriter() },
  );
}

/** Writes one file; `content` is the digest of a compressed file's content before compression. */
async function writeFile(
  create: CreateFile,
  path: string,
  source: RowSource,
  { format, isGzipped }: { format: Format; isGzipped: boolean },
): Promise<ContentDigest & { rows: number; content?: ContentDigest }> {
  if (!isGzipped) {
    const { result: rows, ...digest } = await create(path, (sink) => format.write(source, sink));
    return { rows, ...digest };
  }
  const { result, ...digest } = await create(path, (sink) => withGzip(sink, (inner) => format.write(source, inner)));
  return { rows: result.result, ...digest, content: result.content };
}

function describeManifest(
  set: TrainingSet & { found: ReadonlyMap<string, Inspection> },
  format: Format,
  files: readonly ManifestFile[],
  createdAt: number,
  instant: Instant | null,
) {
  return toManifest({
    path: set.out,
    format,
    files,
    range: set.range,
    embargoMinutes: set.split?.embargoMinutes ?? null,
    createdAt,
    version: VERSION,
    jobId: set.jobId,
    asOf: instant,
    knownWithinMs: set.knownWithinMs,
    symbols: [...set.found].map(([symbol, { summary }]) => {
      const { rows, bySource, known } = summary;
      return { symbol, rows, bySource, ...(known && { known }) };
    }),
    excluded: ofEachSymbol(set.found, ({ summary }) => summary.excluded),
    gaps: ofEachSymbol(set.found, ({ gaps }) => gaps),
    indicators: INDICATOR_PARAMETERS,
  });
}

function ofEachSymbol<T>(
  found: ReadonlyMap<string, Inspection>,
  listOf: (inspection: Inspection) => readonly T[],
): ({ symbol: string } & T)[] {
  return [...found].flatMap(([symbol, inspection]) => listOf(inspection).map((part) => ({ symbol, ...part })));
}

/** The rows of the part with an index, of all symbols. */
export function toRowSource(
  context: StoreContext,
  reader: TrainingReader,
  index: number,
  { parts, symbols, found }: Pick<TrainingSet, 'parts' | 'symbols' | 'found'>,
): RowSource {
  const { range } = parts[index]!;
  const minutes = parts.map((part) => countMinutes(part.range));
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  const steps = symbols.map((symbol): SymbolStep => {
    const rows = found?.get(symbol)!.counts.map((count) => count.rows) ?? minutes;
    return { symbol, before: sum(rows.slice(0, index)), total: sum(rows), isLast: index === parts.length - 1 };
  });
  return {
    blocks: () => streamSymbols(context, steps, (symbol) => reader.blocks(symbol, range)),
    lines: () => streamSymbols(context, steps, (symbol) => reader.lines(symbol, range)),
  };
}

/** A part of a symbol's rows, among all that are written. */
interface SymbolStep {
  symbol: string;
  /** The rows of the parts before. */
  before: number;
  /** The rows of all parts, or their minutes. */
  total: number;
  isLast: boolean;
}

/** The batches of all symbols; the job can be stopped between two batches. */
async function* streamSymbols<T extends { length: number }>(
  { signal, onProgress, onSymbolEnd }: StoreContext,
  steps: readonly SymbolStep[],
  stream: (symbol: string) => AsyncIterable<T>,
): AsyncGenerator<T> {
  for (const { symbol, before, total, isLast } of steps) {
    let done = before;
    for await (const batch of stream(symbol)) {
      throwIfStopped(signal);
      yield batch;
      done += batch.length;
      onProgress?.({ symbol, done, total, unit: 'rows' });
    }
    if (isLast) onSymbolEnd?.(symbol);
  }
}
