import { floorMinute, type Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { listGaps } from '../../quality/gaps.js';
import { findVolumeOutliers } from '../../quality/rules/volume-spike.js';
import { untilExpected, WINDOW_MINUTES, windowAt } from '../../quality/window.js';
import { toHourCandles } from '../../report/hour-candles.js';
import type { ReportGap, ReportWindow, SymbolReport, VolumeLine } from '../../report/report-data.js';
import { findFlagsIn } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import { countRows, findMissing } from '../../tables/rolling-chart-data/coverage.js';
import { findCandlesAt, loadBlock } from '../../tables/rolling-chart-data/read-rows.js';
import { findNewestMinute, findSpan } from '../../tables/rolling-chart-data/row-ends.js';
import { scanRows } from '../../tables/rolling-chart-data/scan-rows.js';
import { assessWindow } from '../assess-window.js';
import { loadReportJobs, loadReportTrainings } from './report-jobs.js';
import { countSources, describeGaps } from './symbol-parts.js';

/** What a symbol's part of a report is made from. */
export interface ReportQuery {
  range: MinuteRange;
  nowMs: number;
  /** The threshold of the volume line, in standard deviations. */
  sigma: number;
}

/** A symbol's part of a report, of the rows as they are. */
export async function loadPresentSymbol(
  trx: Transaction,
  symbol: string,
  { range, nowMs, sigma }: ReportQuery,
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
    volume: await measureVolume(trx, symbol, sigma),
    gaps: await findReportGaps(trx, symbol, expected, newest),
    flags: await findFlagsIn(trx, symbol, range),
    jobs: await loadReportJobs(trx, symbol),
    trainings: await loadReportTrainings(trx, symbol),
  };
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

/** All minutes of the range without a row, also those before the symbol's first row. */
async function findReportGaps(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  newest: Minute | null,
): Promise<ReportGap[]> {
  const missing = await findMissing(trx, symbol, range);
  const gaps = listGaps(missing, await findGapsIn(trx, symbol, range), newest);
  return describeGaps(gaps, (await findSpan(trx, symbol))?.first ?? null);
}
