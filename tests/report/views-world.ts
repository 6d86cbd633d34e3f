import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { renderPage } from '../../src/report/render-page.js';
import type { Report, ReportJob, SymbolReport } from '../../src/report/report-data.js';
import { readFixtureCandles } from '../harness/fixtures.js';
import { buildAssets, CHROMIUM, reportOf, spikeAt, symbolReportOf } from './report-of.js';

/** 80 minutes that Binance does not have, after 72 without a trade. */
export const OUTAGE = { from: Date.parse('2023-03-24T12:40:00Z'), to: Date.parse('2023-03-24T14:00:00Z') };
const HALT = { from: OUTAGE.from - 72 * MINUTE_MS, to: OUTAGE.from };
/** Two days and a half around the outage. */
export const RANGE = { from: OUTAGE.from - 2000 * MINUTE_MS, to: OUTAGE.to + 1500 * MINUTE_MS };
const MONTH_START = Date.parse('2025-06-01T00:00:00Z');
const MONTH_MINUTES = 30 * 1440;

/** Pages that were rendered without a database, and a browser. */
export interface ViewsWorld {
  /** Three symbols: the second one is the worst, the first one the best. */
  several: string;
  /** One symbol in 30 days, with as many flags, gaps, jobs and training sets as a page can have. */
  month: string;
  open: (path: string, options?: BrowserContextOptions, hash?: string) => Promise<Page>;
  close: () => Promise<void>;
}

export async function openViewsWorld(): Promise<ViewsWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-views-'));
  const assets = await buildAssets();
  const write = (name: string, report: Report) => {
    writeFileSync(join(folder, name), renderPage(report, assets));
    return join(folder, name);
  };
  const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
  return {
    several: write('several.html', severalSymbols()),
    month: write('month.html', heavyMonth()),
    open: (path, options, hash = '') => openPage(browser, `file://${path}${hash}`, options),
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  await page.goto(url);
  if (!url.endsWith('several.html')) await page.waitForSelector('[data-drawn=all]');
  return page;
}

/** The next frame but one: what was asked for is drawn. */
export function nextFrame(page: Page): Promise<unknown> {
  return page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

function candlesOf(symbol: string): Candle[] {
  const candles = readFixtureCandles(`outage-2023-03-24/${symbol}-1m-binance.csv.br`);
  return candles.filter(({ openTime }) => openTime >= RANGE.from && openTime < RANGE.to);
}

function severalSymbols(): Report {
  const bitcoin = candlesOf('BTCUSDT');
  const window = { ...RANGE, minutes: 600, present: 600, valid: 528, isReady: false, readyFrom: RANGE.to };
  const blockers = [{ ...HALT, minutes: 72, reason: 'flagged: flat' }];
  const flags = bitcoin
    .filter(({ openTime }) => openTime >= HALT.from && openTime < HALT.to)
    .map(({ openTime }) => ({ ...spikeAt(openTime), rule: 'flat', reason: 'no trade' }));
  const jobs = { tallies: [{ command: 'clean', runs: 2, troubled: 0, lastStartedAt: RANGE.to }], latest: [cleanJob()] };
  const worst = symbolReportOf(bitcoin, RANGE, { symbol: 'BTCUSDT', flags, jobs, window: { ...window, blockers } });
  const whole = fillGap(candlesOf('ETHUSDT'));
  const symbols: SymbolReport[] = [
    symbolReportOf(whole, RANGE, { symbol: 'ETHUSDT' }),
    worst,
    symbolReportOf(candlesOf('SOLUSDT'), RANGE, { symbol: 'SOLUSDT' }),
  ];
  return { version: '0.0.0', createdAt: RANGE.to + 5000, clock: 'exchange', asOfJob: null, range: RANGE, symbols };
}

/** The same candles, and the last one before a gap again in each of its minutes. */
function fillGap(candles: readonly Candle[]): Candle[] {
  return candles.flatMap((candle, i) => {
    const next = candles[i + 1]?.openTime ?? candle.openTime + MINUTE_MS;
    const count = (next - candle.openTime) / MINUTE_MS;
    return Array.from({ length: count }, (_, at) => ({ ...candle, openTime: candle.openTime + at * MINUTE_MS }));
  });
}

function cleanJob(): ReportJob {
  return {
    ...{ id: 14, command: 'clean', outcome: 'done', error: null, stretch: HALT },
    arguments: { rules: ['unsound', 'flat'], sigma: 3, repair: true, flatMinutes: 10 },
    startedAt: RANGE.to,
    finishedAt: RANGE.to + 400,
    counts: { flat: 72, confirmed: 138, rebuilt: 0 },
  };
}

/** Every 62nd minute flagged, as by the volume rule on real data; every 397th missing. */
function heavyMonth(): Report {
  const real = readFixtureCandles('clean/BTCUSDT-1m-2025-05-20_2025-06-10.csv.br');
  const candles = Array.from({ length: MONTH_MINUTES }, (_, i) => {
    return { ...real[i % real.length]!, openTime: MONTH_START + i * MINUTE_MS };
  }).filter((_, i) => i % 397 !== 11);
  const latest = Array.from({ length: 60 }, (_, i): ReportJob => {
    const isDone = i % 3 > 0;
    return {
      ...{ id: 100 - i, command: 'backfill', outcome: isDone ? 'done' : 'temporary', stretch: null },
      arguments: { from: '2025-06-01T00:00Z', to: '2025-06-02T00:00Z', fillGaps: true },
      startedAt: MONTH_START,
      finishedAt: MONTH_START + 4200,
      counts: { inserted: i, rebuilt: 1000 },
      error: isDone ? null : 'Binance answered 429 Too Many Requests; retry after 60 s',
    };
  });
  const trainings = Array.from({ length: 40 }, (_, i) => ({
    ...{ jobId: i, kind: 'export', trainedAt: MONTH_START, from: MONTH_START, to: MONTH_START + 600 * MINUTE_MS },
    ...{ rows: 600, file: `/data/sets/BTCUSDT-2025-06-01-${i}.parquet`, sha256: 'a3'.repeat(32) },
  }));
  const flags = candles.filter((_, i) => i % 62 === 0).map(({ openTime }) => spikeAt(openTime));
  return reportOf(candles, { flags, trainings, jobs: { tallies: [], latest } });
}
