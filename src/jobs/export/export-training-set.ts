import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { Failure } from '../../core/failure.js';
import { countMinutes, formatRange, formatSpan, type MinuteRange, sumMinutes } from '../../core/range.js';
import { splitRangeByTime, type TimeSplit } from '../../core/time-split.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Store, Transaction } from '../../database/store.js';
import { type FormatName, FORMATS } from '../../files/formats/formats.js';
import { isValidPackagePath, partPath } from '../../files/manifest.js';
import { type AsOf, findAuditEnds } from '../../tables/past/instant.js';
import { saveTrainings } from '../../tables/trainings.js';
import type { JobContext, JobOptions, JobResult, SymbolOutcome } from '../job.js';
import { type JobRecord, withJob } from '../run-job.js';
import type { ExportSummary, Inspection, TrainingPart, TrainingReader } from './inspect-training-set.js';
import { planRange } from './plan-range.js';
import { openTrainingReader } from './training-reader.js';
import { type TrainingFile, writeTrainingFiles, writeTrainingStream } from './write-training-file.js';

export type { ExportSummary } from './inspect-training-set.js';

export interface ExportOptions extends JobOptions {
  /** A path, or a stream that receives the rows without a manifest. */
  out: string | Writable;
  format: FormatName;
  /** Compress the files with gzip. */
  isGzipped?: boolean | undefined;
  /** The last closed minutes; default 600. */
  window?: number | undefined;
  /** Instead of the window. */
  range?: MinuteRange | undefined;
  /** Write one file per part; their names are derived from `out`. */
  split?: TimeSplit | undefined;
  /** The rows as they were at a past time or at the end of a job; the window is counted back from then. */
  asOf?: AsOf | undefined;
  /**
   * Instead of each row its first stored version, if that was stored at most this long after the minute had closed, in
   * milliseconds: what a program saw that read each minute then. The others are left out.
   */
  knownWithinMs?: number | undefined;
  /** Write nothing unless every minute of every symbol is there and valid. */
  requireReady?: boolean | undefined;
}

/** `files` is empty if nothing was written or the rows went to a stream. `file` is set if there is exactly one. */
export type ExportResult = JobResult<ExportSummary> & {
  /** Whether the training set was written: not with `requireReady` when a symbol is not ready. */
  isWritten: boolean;
  file: TrainingFile | null;
  files: TrainingFile[];
  /** Why nothing was written, although no symbol failed. */
  problem?: Failure;
};

/**
 * Writes the valid rows of a window or range, ordered by symbol and time, and a manifest that lists the excluded minutes.
 *
 * @throws Failure (usage) if the split does not fit the range, or the options do not fit each other; Failure (failed) if
 *   a file would have no row
 */
export async function exportTrainingSet(context: JobContext, options: ExportOptions): Promise<ExportResult> {
  requireValidOptions(options);
  const { out, format, isGzipped, split, requireReady, asOf, knownWithinMs } = options;
  const rangeFor = await planRange(context, options);
  if (split) splitRangeByTime(await rangeFor(context.store.knex, []), split); // refuse before the job is recorded
  let files: TrainingFile[] = [];
  let isWritten = false;
  const record: JobRecord<ExportSummary> = {
    command: 'export-training-set',
    arguments: {
      ...{ out: typeof out === 'string' ? out : '-', format, isGzipped, split, requireReady, asOf, knownWithinMs },
    },
    requiresAllSymbols: true,
    retired: requireReady ? undefined : 'named',
    problemOf: (summary: ExportSummary) => (requireReady && !summary.isReady ? toNotReady(summary) : undefined),
    countsOf: ({ rows }: ExportSummary) => ({ rows }),
  };
  const result = await withJob<ExportSummary>(context, options, record, async (symbols, jobId) => {
    const ordered = [...symbols].sort();
    if (requireReady && ordered.length === 0) throw toNoSymbolFailure();
    let ends = new Map<string, string>();
    const inspected = await inSnapshot<ReadonlyMap<string, Inspection>>(context.store.knex, async (trx) => {
      const reader = await openTrainingReader(trx, options, ordered);
      const { instant } = reader;
      ends = instant
        ? new Map(ordered.map((symbol) => [symbol, instant.cutOf(symbol)]))
        : await findAuditEnds(trx, ordered);
      const range = await rangeFor(trx, ordered, instant);
      const parts: TrainingPart[] = split ? splitRangeByTime(range, split) : [{ name: null, range, embargo: null }];
      const work: ExportWork = { range, parts, jobId, symbols: ordered, found: null };
      const inspect = () => reader.inspect(ordered, range, parts);
      if (requireReady || !reader.countsWhileReading) work.found = await inspect();
      const isHeldBack = requireReady && [...work.found!.values()].some(({ summary }) => !summary.isReady);
      if (isHeldBack) return work.found!;
      context.onBegin?.(ordered);
      files = await writeFiles(context, trx, reader, options, work);
      isWritten = true;
      return work.found ?? inspect();
    });
    await recordExport(context.store, jobId, files, inspected, ends);
    return ordered.map((symbol) => ({ symbol, summary: inspected.get(symbol)!.summary }));
  });
  const problem = describeHeldBack(result.outcomes);
  return { ...result, isWritten, file: files.length === 1 ? files[0]! : null, files, ...(problem && { problem }) };
}

/** Symbols that a message names, and those of which it says the reason, since a reason is long. */
const [MAX_NAMED, MAX_REASONS] = [5, 2];

/** Why `requireReady` wrote nothing. */
function describeHeldBack(outcomes: readonly SymbolOutcome<ExportSummary>[]): Failure | undefined {
  const unready = outcomes.filter(({ problem }) => problem);
  if (unready.length === 0) return undefined;
  const named = unready
    .slice(0, MAX_NAMED)
    .map(({ symbol, problem }, i) => (i < MAX_REASONS ? `${symbol} (${problem!.message})` : symbol));
  const more = unready.length > MAX_NAMED ? ` and ${unready.length - MAX_NAMED} more` : '';
  const verb = unready.length === 1 ? 'is' : 'are';
  return new Failure(
    'incomplete',
    `nothing was written: ${unready.length} of ${outcomes.length} symbols ${verb} not ready: ${named.join(', ')}${more}`,
    { code: 'NOT_READY', hint: 'chartctl status says what is missing and what to do' },
  );
}

function toNotReady({ range, excluded }: ExportSummary): Failure {
  const [first, ...others] = excluded;
  const where = first ? `: ${formatSpan(first)}, ${first.reason}` : '';
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  const missing = sumMinutes(excluded);
  return new Failure(
    'incomplete',
    `${missing} of ${countMinutes(range)} minutes are missing or not valid${where}${more}`,
    { code: 'NOT_READY' },
  );
}

interface ExportWork {
  range: MinuteRange;
  parts: readonly TrainingPart[];
  jobId: number;
  /** In the order of the files. */
  symbols: readonly string[];
  /** The content; null if it is known only when the rows have been read. */
  found: ReadonlyMap<string, Inspection> | null;
}

async function writeFiles(
  context: JobContext,
  trx: Transaction,
  reader: TrainingReader,
  { out, format, isGzipped = false, split, knownWithinMs }: ExportOptions,
  work: ExportWork,
): Promise<TrainingFile[]> {
  if (typeof out !== 'string') {
    await writeTrainingStream(context, reader, { out, format, ...work });
    return [];
  }
  if (work.found) requireRows(work.parts, work.found);
  const inspect = async () => {
    work.found ??= await reader.inspect(work.symbols, work.range, work.parts);
    requireRows(work.parts, work.found);
    return work.found;
  };
  const set = { out, format, isGzipped, split, knownWithinMs, ...work, inspect };
  const files = await writeTrainingFiles(context, trx, reader, set);
  if (split) warnAboutOldPart(context, out, files);
  return files;
}

/** The validation file of an earlier split is not removed; its minutes are now in the other parts. */
function warnAboutOldPart({ onNotice }: JobContext, out: string, files: readonly TrainingFile[]): void {
  const path = partPath(out, 'validation');
  if (files.some((file) => file.path === path) || !existsSync(path)) return;
  onNotice?.(`"${path}" is from an earlier split and its minutes are now in other parts: remove it`);
}

/** The command checks its flags itself; this checks the options of programs that call the API. */
function requireValidOptions({ out, format, isGzipped, split }: ExportOptions): void {
  if (typeof out === 'string' && !isValidPackagePath(out)) {
    throw new Failure('usage', `the output file was "${out}"`, {
      hint: 'expected a name that is valid in a manifest: not starting with a dot, ~ or file:, without backslashes and line breaks',
    });
  }
  if (split && typeof out !== 'string') {
    throw new Failure('usage', 'a split training set requires files, but a stream was given');
  }
  if (isGzipped && FORMATS[format].isCompressed) {
    throw new Failure('usage', `${format} files cannot be gzipped`, { hint: 'the format compresses by itself' });
  }
}

/** Without a symbol nothing is ready. */
function toNoSymbolFailure(): Failure {
  return new Failure('failed', 'there is no symbol to export: each is retired, or none is stored', {
    code: 'NO_SYMBOL',
    hint: 'chartctl status lists the stored symbols and the retired ones',
  });
}

/** An empty file is useless for training and would replace an older file that has rows. */
function requireRows(parts: readonly TrainingPart[], found: ReadonlyMap<string, Inspection>): void {
  for (const [i, { name, range }] of parts.entries()) {
    if ([...found.values()].some(({ counts }) => counts[i]!.rows > 0)) continue;
    const what = name === null ? 'the training set' : `the ${name} part`;
    throw new Failure('failed', `${what} has no valid row: ${formatRange(range)}`, {
      hint: 'fill it with chartctl backfill, or choose another range or --split',
    });
  }
}

/** Records each file with its rows of each symbol. */
async function recordExport(
  store: Store,
  jobId: number,
  files: readonly TrainingFile[],
  found: ReadonlyMap<string, Inspection>,
  ends: ReadonlyMap<string, string>,
): Promise<void> {
  const trainings = files.flatMap((file, i) =>
    [...found].map(([symbol, { counts }]) => {
      const { rows, writtenUntil } = counts[i]!;
      return { symbol, range: file.range, rows, writtenUntil, file, auditedUntil: ends.get(symbol) };
    }),
  );
  await saveTrainings(store, { jobId, kind: 'export' }, trainings);
}
