import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { renderPage } from '../../src/report/render-page.js';
import { readFixtureCandles } from '../harness/fixtures.js';
import { group } from '../harness/group.js';
import { buildAssets, CHROMIUM, reportOf } from './report-of.js';

const TITLE = 'gaps and warm-ups of the chart in Chromium';
/** 80 minutes that Binance does not have. */
const OUTAGE = { from: Date.parse('2023-03-24T12:40:00Z'), to: Date.parse('2023-03-24T14:00:00Z') };
const WARM_UP_MINUTES = 400;
/** Minutes of the range, before and after the outage: every zoom shows both of its sides. */
const BEFORE = 4200;
const AFTER = 30;
/** The margin of the chart on both sides, as a share of the visible minutes. */
const MARGIN = 0.015;
const ZOOMS = { '1 h': 60, '6 h': 360, '1 d': 1440, all: BEFORE + 80 + AFTER };

interface GapWorld {
  browser: Browser;
  /** A report that ends half an hour after the outage, and one that ends after the warm-up. */
  paths: { outage: string; warmUp: string };
  close: () => Promise<void>;
}

async function openGapWorld(): Promise<GapWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-gaps-'));
  const assets = await buildAssets();
  const candles = readFixtureCandles('outage-2023-03-24/BTCUSDT-1m-binance.csv.br');
  const write = (name: string, afterMinutes: number) => {
    const from = OUTAGE.from - BEFORE * MINUTE_MS;
    const to = OUTAGE.to + afterMinutes * MINUTE_MS;
    const path = join(folder, name);
    const found = candles.filter(({ openTime }) => openTime >= from && openTime < to);
    writeFileSync(path, renderPage(reportOf(found), assets));
    return path;
  };
  const paths = { outage: write('outage.html', AFTER), warmUp: write('warm-up.html', WARM_UP_MINUTES + 60) };
  const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
  const close = async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  };
  return { browser, paths, close };
}

/**
 * Counts pixels of canvases that have a colour, except red: those of candles, volumes and lines. The grid, the shade of a
 * gap and texts of the axes are grey; thresholds and flags are red. Evaluated in the page.
 */
const COUNT_COLOURED = `(canvases, from, to) => {
  const copy = document.createElement('canvas');
  const context = copy.getContext('2d', { willReadFrequently: true });
  let [coloured, columns, shaded] = [0, 0, 0];
  for (const canvas of canvases) {
    [copy.width, copy.height] = [canvas.width, canvas.height];
    context.drawImage(canvas, 0, 0);
    const [left, right] = [Math.ceil(from * copy.width), Math.floor(to * copy.width)];
    if (right <= left) continue;
    columns += right - left;
    const { data } = context.getImageData(left, 0, right - left, copy.height);
    for (let i = 0; i < data.length; i += 4) {
      const red = data[i];
      const green = data[i + 1];
      const blue = data[i + 2];
      const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
      const isVolume = Math.abs(red - 154) + Math.abs(green - 167) + Math.abs(blue - 184) < 12;
      if (red < 250) shaded += 1;
      if ((spread > 40 && red < blue + 40) || isVolume) coloured += 1;
    }
  }
  return { coloured, columns, shaded };
}`;

/** The canvases of the panes, without the axes; all of them, or one. */
const PANES = `(only) => [...document.querySelectorAll('.chart tr')]
  .filter((row) => row.querySelectorAll('canvas').length > 2)
  .slice(0, -1)
  .map((row) => row.querySelector('td:nth-child(2) canvas'))
  .filter((_, at) => only === null || at === only)`;

interface Counts {
  coloured: number;
  /** Columns of pixels that were looked at, in all panes. */
  columns: number;
  shaded: number;
}

/** The share of a pane's width at which a minute begins, when the last `shown` of `minutes` are visible. */
function shareOf(minute: number, minutes: number, shown: number): number {
  return (minute - minutes + shown * (1 + MARGIN)) / (shown * (1 + 2 * MARGIN));
}

/** Candles and volume are the first two panes. */
const RSI_PANE = 2;

interface View {
  /** Minutes of the range, and how many of them are shown. */
  minutes: number;
  shown: number;
  /** All by default. */
  pane?: number;
  /** Pixels at both ends that may belong to what is beside. */
  inset?: number;
}

/** Counts between two minutes of a range. */
async function countBetween(
  page: Page,
  [from, to]: readonly [number, number],
  { minutes, shown, pane, inset = 1 }: View,
): Promise<Counts> {
  const width = await page.evaluate<number>(`document.querySelector('.chart td:nth-child(2) canvas').width`);
  const [left, right] = [shareOf(from, minutes, shown), shareOf(to, minutes, shown)];
  const bounds = [Math.max(0, left) + inset / width, Math.min(1, right) - inset / width];
  return page.evaluate<Counts>(`(${COUNT_COLOURED})((${PANES})(${pane ?? null}), ${bounds.join(', ')})`);
}

async function openPage(
  { browser }: GapWorld,
  path: string,
  { width = 1280, colorScheme = 'light' }: { width?: number; colorScheme?: 'light' | 'dark' } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await page.goto(`file://${path}`);
  await page.waitForSelector('[data-drawn=all]');
  for (const box of await page.locator('input[type=checkbox]').all()) await box.check();
  return page;
}

async function show(page: Page, zoom: string): Promise<void> {
  await page.getByRole('button', { name: zoom, exact: true }).click();
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

function assertEmpty(found: Counts, place: string): void {
  assert.ok(found.columns >= 1, `${place}: no column of pixels lies in it`);
  assert.is(found.coloured, 0, `${place}: coloured pixels in ${found.columns} columns of pixels`);
}

if (!CHROMIUM) {
  group(TITLE, (test) => test.skip('no line crosses them', 'Chromium is not installed: apt install chromium'));
} else {
  group<GapWorld>(TITLE, declare, { setup: openGapWorld, teardown: (world) => world.close() });
}

function declare(test: Parameters<Parameters<typeof group<GapWorld>>[1]>[0]): void {
  const minutes = BEFORE + 80 + AFTER;
  const gap = [BEFORE, BEFORE + 80] as const;

  for (const width of [1280, 390]) {
    test(`no line crosses a gap at any zoom on a screen of ${width} pixels`, async (world) => {
      const page = await openPage(world, world.paths.outage, { width });
      for (const [zoom, shown] of Object.entries(ZOOMS)) {
        await show(page, zoom);
        const found = await countBetween(page, gap, { minutes, shown });
        assertEmpty(found, `the gap at "${zoom}"`);
        assert.ok(found.shaded > found.columns * 50, `the gap at "${zoom}" is not shaded`);
        const beside = await countBetween(page, [gap[1], minutes], { minutes, shown, inset: 0 });
        assert.ok(beside.coloured > 30, `nothing is drawn after the gap at "${zoom}"`);
      }
      await page.close();
    });
  }

  test('no line crosses the warm-up after a gap at any zoom', async (world) => {
    const page = await openPage(world, world.paths.warmUp);
    const all = BEFORE + 80 + WARM_UP_MINUTES + 60;
    const warmUp = [gap[1], gap[1] + WARM_UP_MINUTES] as const;
    for (const [zoom, shown] of Object.entries({ '6 h': 360, '1 d': 1440, all })) {
      await show(page, zoom);
      const view = { minutes: all, shown, pane: RSI_PANE };
      assertEmpty(await countBetween(page, warmUp, view), `the warm-up of the RSI at "${zoom}"`);
      const after = await countBetween(page, [warmUp[1], warmUp[1] + 60], { ...view, inset: 0 });
      assert.ok(after.coloured > 10, `there is no RSI after its warm-up at "${zoom}"`);
    }
    await page.close();
  });

  test('no line crosses a gap on paper, whose drawing is light and as wide as the page', async (world) => {
    const page = await openPage(world, world.paths.outage, { colorScheme: 'dark' });
    await show(page, 'all');
    await page.evaluate(`addEventListener('beforeprint', () => {
      const printed = document.querySelector('.printed canvas');
      const { width, height } = printed;
      const count = (left, right) => (${COUNT_COLOURED})([printed], left / width, right / width);
      const copy = Object.assign(document.createElement('canvas'), { width, height });
      copy.getContext('2d').drawImage(printed, 0, 0);
      const { data } = copy.getContext('2d').getImageData(0, 0, width, height);
      const shades = new Array(width).fill(0);
      for (let i = 0; i < data.length; i += 4) if (data[i] < 250) shades[(i / 4) % width] += 1;
      const runs = [[]];
      for (const [column, shade] of shades.entries()) {
        if (shade > height * 0.85) runs.at(-1).push(column);
        else if (runs.at(-1).length > 0) runs.push([]);
      }
      const columns = runs.sort((a, b) => b.length - a.length)[0]; // the others are lines of the grid
      window.printed_ = {
        shaded: columns.length,
        gap: count(columns[0] + 1, columns.at(-1)),
        before: count(columns[0] - 200, columns[0]),
        after: count(columns.at(-1) + 1, columns.at(-1) + 20),
      };
    })`);
    await page.pdf({ format: 'A4' });
    const { shaded, gap: found, before, after } = await page.evaluate<Printed>('window.printed_');
    assert.ok(shaded >= 15, `${shaded} columns of pixels are shaded`);
    assertEmpty(found, 'the gap on paper');
    assert.ok(before.coloured > 1000 && after.coloured > 30, JSON.stringify({ before, after }));
    await show(page, '1 d');
    const { coloured } = await countBetween(page, gap, { minutes, shown: 1440 });
    assert.is(coloured, 0, 'the chart on the screen is as before');
    await page.close();
  });
}

interface Printed {
  shaded: number;
  gap: Counts;
  before: Counts;
  after: Counts;
}
