import { Failure, throwIfStopped } from '../../core/failure.js';
import { countMinutes, mergeRanges, type MinuteRange, subtractRanges, sumMinutes, toRanges } from '../../core/range.js';
import { summarizeRange } from '../../tables/rolling-chart-data/coverage.js';
import { renewStatistics } from '../../tables/rolling-chart-data/statistics.js';
import { DEFAULT_LOCK_WAIT_MS, type JobContext } from '../job.js';
import { addCounts, NO_COUNTS, type WriteCounts } from '../write/upsert-candles.js';
import type { RefusedFile } from './find-files.js';
import { importRows } from './import-rows.js';
import type { CheckedRows, ImportSource } from './import-source.js';
import { orReason } from './or-reason.js';

/** What was taken from one file. */
export interface ImportedFile {
  /** Its absolute path. */
  path: string;
  /** Its rows of the symbol. */
  rows: number;
  /** Minutes with a candle that can be used. */
  minutes: number;
  /** Minutes among them that were missing or suspect in the table. */
  taken: number;
  /** Rows that repeat another one. */
  duplicates: number;
  /** Minutes with rows that differ; none of these rows is used. */
  conflicting: MinuteRange[];
  /** Minutes with a candle off the minute; it is not used. */
  offMinute: number;
  /** Rows of other sources than Binance; they are not used. */
  otherSource: number;
  /** Rows of a minute that was not over; they are not used. */
  open: number;
}

/** The result of an import for one symbol. */
export interface ImportSummary {
  /** The minutes from the beginning of its first file to the end of its last one. */
  range: MinuteRange;
  /** The files, in the order in which they were imported. */
  files: ImportedFile[];
  /** The files that were not imported. */
  refused: RefusedFile[];
  /** Minutes that were missing or suspect in the table and are in the files, ordered. */
  planned: MinuteRange[];
  /** The number of minutes in `planned`. */
  plannedMinutes: number;
  /** New rows. */
  inserted: number;
  /** Rows whose numbers changed. */
  replaced: number;
  /** Suspect rows whose numbers the files confirmed. */
  confirmed: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** Minutes of the files' periods that neither the table nor a file has, ordered. */
  missing: MinuteRange[];
  /** The number of minutes in `missing`. */
  missingMinutes: number;
  /** Rows of the files' periods that are valid for training. */
  valid: number;
}

/** What the import of a symbol needs to know beside its files. */
interface ImportWork {
  symbol: string;
  jobId: number;
  nowMs: number;
  dryRun: boolean;
  lockWaitMs?: number | undefined;
}

/**
 * Imports the files of one symbol, one after the other; a file that is refused is named.
 *
 * @throws Failure (failed) `REFUSED` if every file is refused
 */
export async function importSymbol(
  context: JobContext,
  sources: readonly ImportSource[],
  { lockWaitMs = DEFAULT_LOCK_WAIT_MS, ...work }: ImportWork,
): Promise<ImportSummary> {
  const { symbol } = work;
  const files: ImportedFile[] = [];
  const refused: RefusedFile[] = [];
  const periods: MinuteRange[] = [];
  const total = sumMinutes(sources.map(({ range }) => range));
  let planned: MinuteRange[] = [];
  let counts: WriteCounts = NO_COUNTS;
  let done = 0;
  for (const source of sources) {
    const { path, range } = source;
    throwIfStopped(context.signal);
    const imported = await orReason(async () => {
      const rows = await source.open();
      return { rows, ...(await importRows(context, rows, { ...work, lockWaitMs, exclude: planned })) };
    }, context.signal);
    if (typeof imported === 'string') {
      refused.push({ path, reason: imported });
    } else {
      const { rows, taken } = imported;
      files.push(describeFile(path, rows, taken));
      planned = mergeRanges([...planned, ...taken]);
      counts = addCounts(counts, imported.counts);
      periods.push(range);
    }
    done += countMinutes(range);
    context.onProgress?.({ symbol, done, total, unit: 'minutes' });
  }
  if (files.length === 0) throw allRefused(context, refused);
  if (planned.length > 0) await renewStatistics(context.store.knex);
  const { inserted, replaced, confirmed, rebuilt } = counts;
  return {
    range: { from: Math.min(...periods.map(({ from }) => from)), to: Math.max(...periods.map(({ to }) => to)) },
    files,
    refused,
    planned,
    plannedMinutes: sumMinutes(planned),
    inserted,
    replaced,
    confirmed,
    rebuilt,
    ...(await describePeriods(context, symbol, mergeRanges(periods), planned)),
  };
}

/** Counts the valid rows of the files' periods, and the minutes that neither the table nor a file has. */
async function describePeriods(
  { store: { knex } }: JobContext,
  symbol: string,
  periods: readonly MinuteRange[],
  planned: readonly MinuteRange[],
): Promise<Pick<ImportSummary, 'missing' | 'missingMinutes' | 'valid'>> {
  const missing: MinuteRange[] = [];
  let valid = 0;
  for (const period of periods) {
    const summary = await summarizeRange(knex, symbol, period);
    missing.push(...subtractRanges(summary.missing, planned)); // with `dryRun` they are not in the table yet
    valid += summary.valid;
  }
  return { missing, missingMinutes: sumMinutes(missing), valid };
}

function describeFile(path: string, rows: CheckedRows, taken: readonly MinuteRange[]): ImportedFile {
  const { facts, minutes, conflicting, offMinute, otherSource, open } = rows;
  return {
    path,
    rows: facts.rows,
    minutes: sumMinutes(minutes),
    taken: sumMinutes(taken),
    duplicates: facts.duplicates,
    conflicting: toRanges(conflicting),
    offMinute,
    otherSource,
    open,
  };
}

/** A file and the reason for which it is refused. */
export function describeRefusal({ path, reason }: RefusedFile): string {
  return `${path}: ${reason}`;
}

function allRefused({ onNotice }: JobContext, refused: readonly RefusedFile[]): Failure {
  const [first, ...others] = refused.map(describeRefusal);
  for (const other of others) onNotice?.(other);
  return new Failure('failed', `no file of it can be imported: ${first}`, { code: 'REFUSED' });
}
