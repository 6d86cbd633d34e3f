import type { Writable } from 'node:stream';
import type { Source } from '../core/candle.js';
import { WINDOW } from '../core/indicator-columns.js';
import { floorMinute, MINUTE_MS } from '../core/minute.js';
import { countMinutes, type MinuteRange } from '../core/range.js';
import type { FormatName } from '../files/formats.js';
import { describeExcluded, type Excluded } from '../quality/describe-excluded.js';
import { findDoubtful, findMissing } from '../store/coverage.js';
import { findFlagRules } from '../store/flags.js';
import { findGapsIn } from '../store/gaps.js';
import type { Db, Transaction } from '../store/handles.js';
import { countValid, inSnapshot, type ValidCount } from '../store/training-rows.js';
import { saveTraining } from '../store/trainings.js';
import type { JobContext } from './context.js';
import { readClock } from './read-clock.js';
import type { JobOptions, JobResult } from './result.js';
import { withJob } from './run-job.js';
import { writeTrainingFile, type TrainingFile } from './write-training-file.js';

export interface ExportOptions extends JobOptions {
  /** A path, or a stream that gets the rows and nothing else (and no manifest). */
  out: string | Writable;
  format: FormatName;
  /** The last closed minutes; default 600. */
  window?: number | undefined;
  /** Instead of the window. */
  range?: MinuteRange | undefined;
  /** Write nothing unless every minute of every symbol is there and valid. */
  requireReady?: boolean | undefined;
}

export interface ExportSummary {
  range: MinuteRange;
  /** Valid rows: what the file holds of this symbol. */
  rows: number;
  bySource: Partial<Record<Source, number>>;
  /** Whether every minute of the range is there and valid. */
  isReady: boolean;
  /** The minutes that are left out, and why. */
  excluded: (Excluded & { minutes: number })[];
}

/** The file is null when nothing was written, or when the rows went to a stream. */
export type ExportResult = JobResult<ExportSummary> & { file: TrainingFile | null };

/** Writes the valid rows of a window or range, ordered by symbol and time, and a manifest that names what is left out. */
export async function exportTrainingSet(context: JobContext, options: ExportOptions): Promise<ExportResult> {
  const range = options.range ?? toWindow(options.window ?? WINDOW, (await readClock(context)).nowMs);
  const { out, format, requireReady } = options;
  let file: TrainingFile | null = null;
  const record = {
    command: 'export-training-set',
    arguments: { out: typeof out === 'string' ? out : '-', format, requireReady },
    needsAll: true,
    isIncomplete: ({ isReady }: ExportSummary) => (requireReady ?? false) && !isReady,
    countsOf: ({ rows }: ExportSummary) => ({ rows }),
  };
  const result = await withJob<ExportSummary>(context, options, record, async (symbols, jobId) => {
    const ordered = [...symbols].sort();
    const inspected = await inSnapshot(context.store.knex, async (trx) => {
      const found = new Map<string, Inspection>();
      for (const symbol of ordered) found.set(symbol, await inspect(trx, symbol, range));
      const isHeldBack = requireReady && [...found.values()].some(({ summary }) => !summary.isReady);
      if (!isHeldBack) file = await writeTrainingFile(context, trx, { out, format, jobId, found });
      return found;
    });
    if (file) await rememberExport(context.store.knex, jobId, file, inspected);
    return ordered.map((symbol) => ({ symbol, summary: inspected.get(symbol)!.summary }));
  });
  return { ...result, file };
}

/** What a symbol's rows are before they are written. */
export interface Inspection {
  summary: ExportSummary;
  writtenUntil: Date | null;
}

async function inspect(trx: Transaction, symbol: string, range: MinuteRange): Promise<Inspection> {
  const { rows, bySource, writtenUntil }: ValidCount = await countValid(trx, symbol, range);
  const minutes = countMinutes(range);
  const excluded = rows === minutes ? [] : await findExcluded(trx, symbol, range, minutes - rows);
  return {
    summary: {
      range,
      rows,
      bySource,
      isReady: rows === minutes,
      excluded: excluded.map((part) => ({ ...part, minutes: countMinutes(part) })),
    },
    writtenUntil,
  };
}

/** The minutes without a valid row, and why; where rows explain all of them, nobody need look for holes. */
async function findExcluded(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  minutes: number,
): Promise<Excluded[]> {
  const doubts = await findDoubtful(trx, symbol, range, { fallback: false });
  return describeExcluded({
    missing: doubts.length === minutes ? [] : await findMissing(trx, symbol, range),
    absent: await findGapsIn(trx, symbol, range),
    doubts,
    rules: await findFlagRules(trx, symbol, range),
  });
}

async function rememberExport(
  db: Db,
  jobId: number,
  file: TrainingFile,
  found: ReadonlyMap<string, Inspection>,
): Promise<void> {
  for (const [symbol, { summary, writtenUntil }] of found) {
    const { range, rows } = summary;
    await saveTraining(db, { jobId, kind: 'export', symbol, range, rows, writtenUntil, file });
  }
}

function toWindow(minutes: number, nowMs: number): MinuteRange {
  const to = floorMinute(nowMs);
  return { from: to - minutes * MINUTE_MS, to };
}
