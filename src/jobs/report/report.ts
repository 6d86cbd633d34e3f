import type { Writable } from 'node:stream';
import type { Source } from '../../core/candle.js';
import { Failure, throwIfStopped } from '../../core/failure.js';
import { DEFAULTS } from '../../core/limits.js';
import { floorMinute, type Minute } from '../../core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../../core/range.js';
import { VERSION } from '../../core/version.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Transaction } from '../../database/store.js';
import { withAtomicFile } from '../../files/atomic-file.js';
import { toStreamSink } from '../../files/sink.js';
import { type PageAssets, readPageAssets } from '../../report/page-assets.js';
import { renderPage } from '../../report/render-page.js';
import type { Report, SymbolReport } from '../../report/report-data.js';
import { type AsOf, findInstant } from '../../tables/past/instant.js';
import { currentWriter } from '../current-writer.js';
import type { JobContext, JobOptions, JobResult, SymbolOutcome } from '../job.js';
import { readClock, readPastClock, toClosedRange } from '../read-clock.js';
import { withJob } from '../run-job.js';
import { loadPastSymbol } from './past-symbol.js';
import { loadPresentSymbol } from './present-symbol.js';

const DEFAULT_MINUTES = 1440;
/** A browser needs some seconds to draw a year; longer ranges exceed its memory and this program's. */
const MAX_DAYS = 366;

export interface ReportOptions extends JobOptions {
  /** A path or a stream. */
  out: string | Writable;
  range?: MinuteRange | undefined;
  /** Without a range: the past minutes. Default one day. */
  minutes?: number | undefined;
  /** The threshold of the volume line, in standard deviations. Default 3. */
  sigma?: number | undefined;
  /** The rows at a past time or at the end of a job, as the audit log holds them; it is also the clock. */
  asOf?: AsOf | undefined;
  /** The scripts and styles of the page; by default those of the build. */
  parts?: PageAssets | undefined;
}

interface ReportSummary {
  range: MinuteRange;
  rows: number;
  valid: number;
  flagged: number;
  gaps: number;
  bySource: Partial<Record<Source, number>>;
  isReady: boolean;
}

interface ReportFile {
  path: string;
  bytes: number;
  sha256: string;
}

/** `file` is null if nothing was written or the page was written to a stream. */
export type ReportResult = JobResult<ReportSummary> & {
  file: ReportFile | null;
  /** The clock by which ranges and windows are counted. */
  clock: { minute: Minute; source: Report['clock'] };
};

/** Writes a range of each symbol into one self-contained HTML page. Nothing is changed or recorded in the database. */
export async function report(context: JobContext, options: ReportOptions): Promise<ReportResult> {
  const parts = options.parts ?? readPageAssets();
  const { sigma = DEFAULTS.sigma, asOf } = options;
  const { nowMs, source: clock } = asOf ? await readPastClock(context, asOf) : await readClock(context);
  const range = toPageRange(toClosedRange(options.range, options.minutes ?? DEFAULT_MINUTES, nowMs));
  const query = { range, nowMs, sigma };
  const load = async (trx: Transaction, symbol: string) =>
    asOf
      ? loadPastSymbol(trx, symbol, query, await findInstant(trx, asOf, [symbol]))
      : loadPresentSymbol(trx, symbol, query);
  let file: ReportFile | null = null;
  const record = { command: 'report', arguments: {}, readOnly: true, retired: 'named' } as const;
  const result = await withJob<ReportSummary>(context, options, record, async (symbols) => {
    if (symbols.length === 0) return [];
    context.onBegin?.(symbols);
    const found: SymbolReport[] = [];
    for (const symbol of symbols) {
      throwIfStopped(context.signal);
      found.push(await inSnapshot(context.store.knex, (trx) => load(trx, symbol)));
      context.onProgress?.({ symbol, done: found.at(-1)!.rows.length, total: found.at(-1)!.rows.length, unit: 'rows' });
      context.onSymbolEnd?.(symbol);
    }
    const asOfJob = asOf && 'job' in asOf ? asOf.job : null;
    const page = { version: VERSION, createdAt: nowMs, clock, asOfJob, range, symbols: found };
    file = await writePage(page, parts, options.out);
    return found.map((of) => toOutcome(of, range));
  });
  return { ...result, file, clock: { minute: floorMinute(nowMs), source: clock } };
}

function toPageRange(range: MinuteRange): MinuteRange {
  if (countMinutes(range) <= MAX_DAYS * 1440) return range;
  throw new Failure('usage', `${formatRange(range)} is too long for a page`, {
    hint: `ask for at most ${MAX_DAYS} days`,
  });
}

async function writePage(page: Report, parts: PageAssets, out: string | Writable): Promise<ReportFile | null> {
  const text = renderPage(page, parts);
  if (typeof out !== 'string') {
    await toStreamSink(out).write(text);
    return null;
  }
  const { bytes, sha256 } = await withAtomicFile(out, (sink) => sink.write(text), currentWriter());
  return { path: out, bytes, sha256 };
}

function toOutcome(
  { symbol, rows, hours, gaps, bySource, window }: SymbolReport,
  range: MinuteRange,
): SymbolOutcome<ReportSummary> {
  const sum = (field: 'valid' | 'flagged') => hours.reduce((total, hour) => total + hour[field], 0);
  const counts = { rows: rows.length, valid: sum('valid'), flagged: sum('flagged'), gaps: gaps.length };
  return { symbol, summary: { range, ...counts, bySource, isReady: window.isReady } };
}
