import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { MINUTE_MS } from '../../src/core/minute.js';
import type { MinuteRange } from '../../src/core/range.js';
import { openStore } from '../../src/database/open-store.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { backfill } from '../../src/jobs/backfill/backfill.js';
import { clean } from '../../src/jobs/clean/clean.js';
import { ingest } from '../../src/jobs/ingest/ingest.js';
import type { JobContext } from '../../src/jobs/job.js';
import { report } from '../../src/jobs/report/report.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { databases } from '../harness/databases.js';
import { memorySource } from '../loopback/memory-source.js';
import { startLoopback } from '../loopback/start-loopback.js';
import { buildAssets, CHROMIUM } from './report-of.js';
import { readRows } from '../harness/read-rows.js';

/** An open page, and everything that it logged, requested and threw. */
export interface OpenPage {
  page: Page;
  /** Console messages, exceptions, and requests other than for the file itself. */
  noise: string[];
}

/** A day of two symbols in a database, the report on it, and a browser. */
export interface ReportWorld {
  path: string;
  range: MinuteRange;
  rows: ChartRow[];
  /** Opens the report. */
  open: (options?: BrowserContextOptions) => Promise<OpenPage>;
  close: () => Promise<void>;
}

export const SYMBOL = 'BTCUSDT';
/** A symbol that only a table of another program can contain. */
export const ODD_SYMBOL = `<b onclick="x">ODD</b>'&`;
/** Markup that would run if it were not escaped. */
export const HOSTILE_TEXT = `</script><script>window.ran = 1</script><img src=x onerror="window.ran = 1">"'\u2028&lt;`;

export const NOW = Date.parse('2025-06-01T12:00:00Z');
/** Missing at Binance, for two symbols; another exchange has its second half. */
export const HOLE = { from: NOW - 300 * MINUTE_MS, to: NOW - 240 * MINUTE_MS };
export const FILLED = { from: HOLE.from + 30 * MINUTE_MS, to: HOLE.to };
export const SPIKE = NOW - 100 * MINUTE_MS;

/** Binance's candles, one of them with an extreme volume. */
function candlesOf(symbol: string) {
  const candles = generateCandles(symbol, { from: NOW - 2500 * MINUTE_MS, to: NOW + 10 * MINUTE_MS });
  return candles.map((candle) => (candle.openTime === SPIKE ? { ...candle, volume: candle.volume * 1000 } : candle));
}

export async function openReportWorld(): Promise<ReportWorld> {
  const [backend] = databases();
  const database = await backend!.createMigrated();
  const store = await openStore(database.config);
  const symbols = [SYMBOL, 'ETHUSDT'];
  const binance = memorySource(Object.fromEntries(symbols.map((symbol) => [symbol, candlesOf(symbol)])));
  const bybit = memorySource({ [SYMBOL]: candlesOf(SYMBOL).filter(({ openTime }) => openTime >= FILLED.from) });
  const exchange = await startLoopback({ binance, fallbacks: { bybit }, nowMs: NOW - 2 * MINUTE_MS + 5000 });
  for (const symbol of symbols) exchange.hide(symbol, HOLE);

  const context: JobContext = { store, market: openMarket(exchange.config) };
  await backfill(context, { symbols, minutes: 2000 });
  await backfill(context, { symbols: [SYMBOL], range: HOLE, fillGaps: true });
  for (let i = 0; i < 2; i += 1) {
    exchange.clock.advance(MINUTE_MS);
    await ingest(context, { symbols });
  }
  await clean(context, { symbols });
  await store.knex('chartctl_flags').update({ reason: HOSTILE_TEXT, rule: HOSTILE_TEXT.slice(0, 40) });
  await store
    .knex('chartctl_jobs')
    .where({ command: 'backfill' })
    .update({ error: HOSTILE_TEXT, arguments: { note: HOSTILE_TEXT } });
  await store.knex('chartctl_trainings').insert({
    ...{ kind: 'export', symbol: SYMBOL, trained_at: new Date(NOW), rows: 5, file: HOSTILE_TEXT },
  });
  await store.knex.raw(
    `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
    SELECT ?, timestamp, open, high, low, close, volume FROM rolling_chart_data WHERE symbol = ?`,
    [ODD_SYMBOL, SYMBOL],
  );

  const folder = mkdtempSync(join(tmpdir(), 'chartctl-report-'));
  const path = join(folder, 'report.html');
  await report(context, { symbols: [SYMBOL, 'ETHUSDT', ODD_SYMBOL], out: path, parts: await buildAssets() });
  const range = { from: NOW - 1440 * MINUTE_MS, to: NOW };
  const rows = await readRows(store.knex, SYMBOL, range);
  await exchange.close();
  await store.close();
  await database.drop();

  const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
  return {
    path,
    range,
    rows,
    open: (options) => openPage(browser, path, options),
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openPage(browser: Browser, path: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const noise: string[] = [];
  page.on('console', (message) => noise.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => noise.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== `file://${path}`) noise.push(`request: ${request.url()}`);
  });
  await page.goto(`file://${path}#symbol-1`);
  if (options.javaScriptEnabled !== false) await page.waitForSelector('#symbol-1 [data-drawn=all]');
  return { page, noise };
}
