import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPage } from '../../bin/build-page.js';
import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { calculateIndicators } from '../../src/indicators/calculate-indicators.js';
import { toHourCandles } from '../../src/report/hour-candles.js';
import type { PageAssets } from '../../src/report/page-assets.js';
import type { Report, SymbolReport } from '../../src/report/report-data.js';
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

/** A report on one run of complete rows; other parts are empty. */
export function reportOf(candles: readonly Candle[], changes: Partial<SymbolReport> = {}): Report {
  const indicators = calculateIndicators(candles);
  const state = { source: 'BINANCE', hasMissingData: false, isComplete: true, writtenAt: null } as const;
  const rows = toBlock(candles.map((candle, i): ChartRow => ({ ...candle, ...state, indicators: indicators[i]! })));
  const range = { from: candles[0]!.openTime, to: candles.at(-1)!.openTime + MINUTE_MS };
  const symbol: SymbolReport = {
    symbol: 'BTCUSDT',
    rows,
    bySource: { BINANCE: rows.length },
    hours: toHourCandles(rows, range),
    window: { ...range, minutes: 600, present: 600, valid: 600, isReady: true, readyFrom: null, blockers: [] },
    volume: { sigma: 3, threshold: 100 },
    gaps: [],
    flags: [],
    jobs: { tallies: [], latest: [] },
    trainings: [],
    ...changes,
  };
  return { version: '0.0.0', createdAt: range.to + 5000, clock: 'exchange', range, symbols: [symbol] };
}

/** A flag as the volume rule raises it. */
export function spikeAt(minute: number): FlagRecord {
  const [value, threshold] = [221.267593, 206.44220615518054];
  const reason = `volume ${value} is above mean + 3 sigma = ${threshold}`;
  return { minute, rule: 'volume_spike', value, threshold, state: 'open', isKept: false, reason };
}
