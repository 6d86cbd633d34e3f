import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPage } from '../../bin/build-page.js';
import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import type { MinuteRange } from '../../src/core/range.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { toHourCandles } from '../../src/report/hour-candles.js';
import type { PageAssets } from '../../src/report/page-assets.js';
import type { Report, ReportGap, SymbolReport } from '../../src/report/report-data.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { toBlock } from '../../src/rows/row-block.js';
import type { FlagRecord } from '../../src/rows/row-state.js';

/** Debian's Chromium; without it the tests of the page are skipped. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** The script and style of the page, built from the current sources. */
export async function buildAssets(): Promise<PageAssets> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-page-'));
  try {
    await buildPage(folder);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { script: read('report-page.js'), style: read('report-style.css') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A report on rows with their indicators, and on the gaps between them; other parts are empty. */
export function reportOf(candles: readonly Candle[], changes: Partial<SymbolReport> = {}): Report {
  const range = { from: candles[0]!.openTime, to: candles.at(-1)!.openTime + MINUTE_MS };
  const symbols = [symbolReportOf(candles, range, changes)];
  return { version: '0.0.0', createdAt: range.to + 5000, clock: 'exchange', asOfJob: null, range, symbols };
}

/** The part of a symbol in a report on a range. */
export function symbolReportOf(
  candles: readonly Candle[],
  range: MinuteRange,
  changes: Partial<SymbolReport> = {},
): SymbolReport {
  const rows = toBlock(splitAtGaps(candles).flatMap(toRows));
  const gaps = findGaps(candles, range);
  return {
    symbol: 'BTCUSDT',
    rows,
    bySource: { BINANCE: rows.length },
    hours: toHourCandles(rows, range),
    window: { ...range, minutes: 600, present: 600, valid: 600, isReady: true, readyFrom: null, blockers: [] },
    volume: { sigma: 3, threshold: 100 },
    gaps,
    flags: [],
    jobs: { tallies: [], latest: [] },
    trainings: [],
    ...changes,
  };
}

function toRows(run: readonly Candle[]): ChartRow[] {
  const indicators = calculateIndicators(run);
  return run.map((candle, i) => ({
    ...candle,
    indicators: indicators[i]!,
    source: 'BINANCE',
    hasMissingData: false,
    isComplete: Object.values(indicators[i]!).every((value) => value !== null),
    writtenAt: null,
  }));
}

function splitAtGaps(candles: readonly Candle[]): Candle[][] {
  const runs: Candle[][] = [];
  for (const candle of candles) {
    const run = runs.at(-1);
    if (run?.at(-1)?.openTime === candle.openTime - MINUTE_MS) run.push(candle);
    else runs.push([candle]);
  }
  return runs;
}

function findGaps(candles: readonly Candle[], range: MinuteRange): ReportGap[] {
  const starts = [...candles.map(({ openTime }) => openTime), range.to];
  return starts.flatMap((to, i) => {
    const from = i === 0 ? range.from : starts[i - 1]! + MINUTE_MS;
    if (to <= from) return [];
    const facts = { kind: 'interior', cause: 'exchange outage', askAgainAt: null } as const;
    return [{ from, to, minutes: (to - from) / MINUTE_MS, ...facts }];
  });
}

/** A flag as the volume rule raises it. */
export function spikeAt(minute: number): FlagRecord {
  const [value, threshold] = [221.267593, 206.44220615518054];
  const reason = `volume ${value} is above mean + 3 sigma = ${threshold}`;
  return { minute, rule: 'volume_spike', value, threshold, state: 'open', isKept: false, reason };
}
