import type { Writable } from 'node:stream';
import { type Source, SOURCES } from '../core/candle.js';
import { Failure, throwIfStopped } from '../core/failure.js';
import { formatGapReason } from '../core/known-gap.js';
import { DEFAULTS } from '../core/limits.js';
import { floorMinute, type Minute } from '../core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../core/range.js';
import { VERSION } from '../core/version.js';
import { inSnapshot } from '../database/snapshot.js';
import type { Transaction } from '../database/store.js';
import { withAtomicFile } from '../files/atomic-file.js';
import { toStreamSink } from '../files/sink.js';
import { untilExpected, WINDOW_MINUTES, windowAt } from '../quality/window.js';
import { listGaps } from '../quality/gaps.js';
import { findVolumeOutliers } from '../quality/rules/volume-spike.js';
import { toHourCandles } from '../report/hour-candles.js';
import { type PageAssets, readPageAssets } from '../report/page-assets.js';
import { renderPage } from '../report/render-page.js';
import { findRange } from '../report/tables/describe-job.js';
import type {
  Report,
  ReportGap,
  ReportJob,
  ReportJobs,
  ReportWindow,
  SymbolReport,
  VolumeLine,
} from '../report/report-data.js';
import type { RowBlock } from '../rows/row-block.js';
import { findFlagsIn } from '../tables/flags.js';
import { findGapsIn } from '../tables/gaps.js';
import { findChangedRanges } from '../tables/history.js';
import { findJobs, type StoredJob } from '../tables/jobs.js';
import { countRuns } from '../tables/last-jobs.js';
import { countRows, findMissing } from '../tables/rolling-chart-data/coverage.js';
import { findCandlesAt, loadBlock } from '../tables/rolling-chart-data/read-rows.js';
import { findNewestMinute, findSpan } from '../tables/rolling-chart-data/row-ends.js';
import { scanRows } from '../tables/rolling-chart-data/scan-rows.js';
import { findTrainings } from '../tables/trainings.js';
import type { JobContext, JobOptions, JobResult, SymbolOutcome } from './job.js';
import { readClock, toClosedRange } from './read-clock.js';
import { withJob } from './run-job.js';
import { assessWindow } from './assess-window.js';
import { currentWriter } from './current-writer.js';

const DEFAULT_MINUTES = 1440;
/** A browser needs some seconds to draw a year; longer ranges exceed its memory and this program's. */
const MAX_DAYS = 366;
/** So that a symbol takes less than ten printed pages. */
const MAX_JOBS = 60;
const MAX_TRAININGS = 40;

export interface ReportOptions extends JobOptions {
  /** A path or a stream. */
  out: string | Writable;
  range?: MinuteRange | undefined;
  /** Without a range: the past minutes. Default one day. */
  minutes?: number | undefined;
  /** The threshold of the volume line, in standard deviations. Default 3. */
  sigma?: number | undefined;
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
export type ReportResult = JobResult<ReportSummary> & { file: ReportFile | null };

/** Writes a range of each symbol into one self-contained HTML page. Nothing is changed or recorded in the database. */
export async function report(context: JobContext, options: ReportOptions): Promise<ReportResult> {
  const parts = options.parts ?? readPageAssets();
  const { nowMs, source: clock } = await readClock(context);
  const range = toPageRange(toClosedRange(options.range, options.minutes ?? DEFAULT_MINUTES, nowMs));
  let file: ReportFile | null = null;
  const record = { command: 'report', arguments: {}, readOnly: true, retired: 'named' } as const;
  const result = await withJob<ReportSummary>(context, options, record, async (symbols) => {
    if (symbols.length === 0) return [];
    context.onBegin?.(symbols);
    const found: SymbolReport[] = [];
    for (const symbol of symbols) {
      throwIfStopped(context.signal);
      found.push(
        await inSnapshot(context.store.knex, (trx) => loadSymbolReport(trx, symbol, { range, nowMs, options })),
      );
      context.onProgress?.({ symbol, done: found.at(-1)!.rows.length, total: found.at(-1)!.rows.length, unit: 'rows' });
      context.onSymbolEnd?.(symbol);
    }
    file = await writePage({ version: VERSION, createdAt: nowMs, clock, range, symbols: found }, parts, options.out);
    return found.map((of) => toOutcome(of, range));
  });
  return { ...result, file };
}

function toPageRange(range: MinuteRange): MinuteRange {
  if (countMinutes(range) <= MAX_DAYS * 1440) return range;
  throw new Failure('usage', `${formatRange(range)} is too long for a page`, {
    hint: `ask for at most ${MAX_DAYS} days`,
  });
}

interface ReportQuery {
  range: MinuteRange;
  nowMs: number;
  options: Pick<ReportOptions, 'sigma'>;
}

async function loadSymbolReport(
  trx: Transaction,
  symbol: string,
  { range, nowMs, options }: ReportQuery,
): Promise<SymbolReport> {
  const rows = await loadBlock(trx, symbol, range);
  const newest = await findNewestMinute(trx, symbol, floorMinute(nowMs));
  const expected = untilExpected(range, nowMs, newest);
  return {
    symbol,
    rows,
    bySource: countSources(rows),
    hours: toHourCandles(rows, expected),
    window: await describeWindow(trx, symbol, windowAt(nowMs, newest)),
    volume: await measureVolume(trx, symbol, options.sigma ?? DEFAULTS.sigma),
    gaps: await findReportGaps(trx, symbol, expected, newest),
    flags: await findFlagsIn(trx, symbol, range),
    jobs: await findReportJobs(trx, symbol),
    trainings: await findTrainings(trx, symbol, MAX_TRAININGS),
  };
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

async function describeWindow(trx: Transaction, symbol: string, window: MinuteRange): Promise<ReportWindow> {
  const { rows: present, valid } = await countRows(trx, symbol, window);
  const { isReady, readyFrom, blockers } = await assessWindow(trx, symbol, window, valid);
  return { ...window, minutes: WINDOW_MINUTES, present, valid, isReady, readyFrom, blockers };
}

/** The threshold of the rule `volume_spike`, calculated as in `clean` over all rows of the symbol. */
async function measureVolume(trx: Transaction, symbol: string, sigma: number): Promise<VolumeLine | null> {
  const swept = await scanRows(trx, symbol);
  const { threshold } = findVolumeOutliers(swept.series, await findCandlesAt(trx, symbol, swept.unsound), sigma);
  return threshold === null ? null : { sigma, threshold };
}

async function findReportJobs(trx: Transaction, symbol: string): Promise<ReportJobs> {
  const latest = await findJobs(trx, { limit: MAX_JOBS, symbol, exceptDone: 'ingest' });
  const changed = await findChangedRanges(
    trx,
    symbol,
    latest.map(({ id }) => id),
  );
  const jobs = latest.map((job) => toReportJob(job, changed.get(job.id) ?? findRange(job.arguments)));
  return { tallies: await countRuns(trx, symbol), latest: jobs };
}

function toReportJob({ startedAt, finishedAt, ...job }: StoredJob, stretch: MinuteRange | null): ReportJob {
  return { ...job, startedAt: startedAt.getTime(), finishedAt: finishedAt?.getTime() ?? null, stretch };
}

/** All minutes of the range without a row, also those before the symbol's first row. */
async function findReportGaps(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  newest: Minute | null,
): Promise<ReportGap[]> {
  const missing = await findMissing(trx, symbol, range);
  const gaps = listGaps(missing, await findGapsIn(trx, symbol, range), newest);
  const { first } = (await findSpan(trx, symbol)) ?? { first: Infinity };
  return gaps.map(({ haltedMinutes, cause, ...gap }) => ({
    ...gap,
    kind: gap.from < first ? 'leading' : gap.kind,
    cause: cause === null ? 'Binance was not asked yet' : formatGapReason({ cause, haltedMinutes }),
  }));
}

function countSources(rows: RowBlock): Partial<Record<Source, number>> {
  const counts = SOURCES.map((source, index) => [source, rows.source.filter((at) => at === index).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
