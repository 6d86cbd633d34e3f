import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { CANDLE_FIELDS } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import { formatTime } from '../../src/report/format-figures.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { group } from '../harness/group.js';
import { CHROMIUM } from './report-of.js';
import {
  FILLED,
  HOLE,
  HOSTILE_TEXT,
  NOW,
  ODD_SYMBOL,
  openReportWorld,
  type ReportWorld,
  SPIKE,
  SYMBOL,
} from './report-world.js';

const TITLE = "the report's page in Chromium";
const CHART = '#symbol-1 .chart';
const DAY_MINUTES = 1440;
/** The margin of the chart on both sides, as a share of the range. */
const MARGIN = 0.015;

/** The texts of the row panel, by column. */
async function readRow(page: Page): Promise<Record<string, string>> {
  return page.evaluate(`Object.fromEntries(
    [...document.querySelectorAll('#symbol-1 .row [data-column]')].map((field) => [field.dataset.column, field.textContent]),
  )`);
}

/** Each number of the panel is the database's: candles exactly, indicators with the decimals that are shown. */
function assertIsRow(shown: Record<string, string>, rows: readonly ChartRow[]): void {
  const row = rows.find(({ openTime }) => `${formatTime(openTime)} UTC` === shown.minute);
  if (!row) return assert.unreachable(`there is no row at ${shown.minute}`);
  for (const field of CANDLE_FIELDS) assert.is(Number(shown[field]), row[field], `${field} at ${shown.minute}`);
  for (const column of INDICATOR_COLUMNS) {
    const [text, value] = [shown[column]!, row.indicators[column]];
    const decimals = text.split('.')[1]?.length ?? 0;
    assert.is(text, value === null ? '–' : value.toFixed(decimals), `${column} at ${shown.minute}`);
    if (value !== null) assert.ok(decimals >= 2, `${column} is shown as ${text}`);
  }
  assert.is(shown.source, row.source);
}

/** The number of the chart's pixels in each of these colours of the style sheet. */
function countPixels<const Name extends string>(page: Page, ...colors: Name[]): Promise<Record<Name, number>> {
  return countPixelsIn(page, [0, 1], colors);
}

/** The same for a strip of each pane, between two shares of its width. */
async function countPixelsIn<const Name extends string>(
  page: Page,
  [left, right]: readonly [number, number],
  colors: readonly Name[],
): Promise<Record<Name, number>> {
  const counts = await page.evaluate(`(() => {
    const probe = document.body.appendChild(document.createElement('i'));
    const wanted = ${JSON.stringify(colors)}.map((name) => {
      probe.style.color = 'var(--' + name + ')';
      const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
      return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    });
    probe.remove();
    const counts = wanted.map(() => 0);
    const copy = document.createElement('canvas');
    const context = copy.getContext('2d', { willReadFrequently: true });
    for (const canvas of document.querySelectorAll('${CHART} canvas')) {
      if (canvas.width === 0 || canvas.height === 0) continue;
      copy.width = canvas.width;
      copy.height = canvas.height;
      context.drawImage(canvas, 0, 0);
      const [from, to] = [Math.floor(${left} * copy.width), Math.ceil(${right} * copy.width)];
      const pixels = new Uint32Array(context.getImageData(from, 0, to - from, copy.height).data.buffer);
      for (const pixel of pixels) {
        const index = wanted.indexOf(pixel);
        if (index >= 0) counts[index] += 1;
      }
    }
    return counts;
  })()`);
  const found = counts as number[];
  return Object.fromEntries(colors.map((name, i) => [name, found[i]])) as Record<Name, number>;
}

/** A minute's index in the range. */
function minuteOf(time: number): number {
  return (time - NOW) / MINUTE_MS + DAY_MINUTES;
}

/** The share of pixels that differ from the background, in a strip of the price pane a few pixels wide at a minute. */
async function tintAt(page: Page, minute: number): Promise<number> {
  const share = (minute + 0.5 + MARGIN * DAY_MINUTES) / (DAY_MINUTES * (1 + 2 * MARGIN));
  const found = await page.evaluate(`(() => {
    const canvas = document.querySelector('${CHART} td:nth-child(2) canvas');
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(Math.round(${share} * copy.width) - 3, 0, 6, copy.height - 10);
    let tinted = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i] < 250 || data[i + 1] < 250) tinted += 1;
    return tinted / (data.length / 4);
  })()`);
  return found as number;
}

/** The x of a minute's candle on the page, when the whole day is shown. */
async function pointAt(page: Page, share: number): Promise<void> {
  const box = (await page.locator(CHART).boundingBox())!;
  await page.mouse.move(box.x + (box.width - 90) * share, box.y + 120);
}

function frame(page: Page): Promise<unknown> {
  return page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

if (!CHROMIUM) {
  group(TITLE, (test) =>
    test.skip('draws, describes and logs nothing', 'Chromium is not installed: apt install chromium'),
  );
} else {
  group<ReportWorld>(TITLE, declare, { setup: openReportWorld, teardown: (world) => world.close() });
}

function declare(test: Parameters<Parameters<typeof group<ReportWorld>>[1]>[0]): void {
  test('draws candles of every source, gaps, flags and the volume line; nothing is logged or loaded', async ({
    open,
  }) => {
    const { page, noise } = await open();
    const counts = await countPixels(page, 'binance', 'fallback', 'backfill', 'flag', 'ink-4', 'volume');
    for (const [color, count] of Object.entries(counts)) {
      assert.ok(count >= 3, `${count} pixels have the colour of ${color}`);
    }
    const [gap, beside] = [await tintAt(page, minuteOf(HOLE.from + 15 * MINUTE_MS)), await tintAt(page, 600)];
    assert.ok(gap > 0.9 && beside < 0.5, `${gap} of the gap is shaded, and ${beside} beside it`);
    await frame(page);
    assert.equal(noise, []);
    await page.close();
  });

  test("hovering shows the row, and its numbers are the database's", async ({ open, rows }) => {
    const { page } = await open();
    const minutes = new Set<string>();
    for (const share of [0.05, 0.21, 0.36, 0.5, 0.64, 0.87]) {
      await pointAt(page, share);
      await frame(page);
      const shown = await readRow(page);
      assertIsRow(shown, rows);
      minutes.add(shown.minute!);
    }
    assert.is(minutes.size, 6);
    await page.close();
  });

  test('the keys go from row to row, and a screen reader hears each', async ({ open, rows, range }) => {
    const { page, noise } = await open();
    const press = async (key: string) => {
      await page.keyboard.press(key);
      return readRow(page);
    };
    for (let i = 0; (await page.evaluate('document.activeElement.className')) !== 'chart'; i += 1) {
      assert.ok(i < 30, 'the Tab key never gets to the chart');
      await page.keyboard.press('Tab');
    }
    assert.is((await press('Home')).minute, `${formatTime(range.from)} UTC`);
    for (let i = 0; i < 20; i += 1) assertIsRow(await press('ArrowRight'), rows);
    assert.is((await press('PageDown')).minute, `${formatTime(range.from + 80 * MINUTE_MS)} UTC`);
    assert.is((await press('End')).minute, `${formatTime(range.to - MINUTE_MS)} UTC`);
    const last = await press('ArrowLeft');
    assert.is(last.minute, `${formatTime(range.to - 2 * MINUTE_MS)} UTC`);
    assertIsRow(last, rows);
    const status = page.locator('#symbol-1 [role=status]');
    await status.filter({ hasText: last.minute! }).waitFor({ state: 'attached' });
    assert.is(
      await status.textContent(),
      `${last.minute}, open ${last.open}, high ${last.high}, low ${last.low}, close ${last.close}, volume ${last.volume}, ${last.source}, ${last.state}`,
    );
    await press('+');
    assert.equal(noise, []);
    await page.close();
  });

  test('a minute without a row shows the cause, a flagged one its rules', async ({ open, range }) => {
    const { page } = await open();
    await page.locator(CHART).focus();
    await page.keyboard.press('Home');
    const goTo = async (minute: number) => {
      const [hours, minutes] = [(minute - range.from) / MINUTE_MS / 60, ((minute - range.from) / MINUTE_MS) % 60];
      await page.keyboard.press('Home');
      for (let i = 1; i <= hours; i += 1) await page.keyboard.press('PageDown');
      for (let i = 0; i < minutes; i += 1) await page.keyboard.press('ArrowRight');
      return readRow(page);
    };
    const missing = await goTo(HOLE.from);
    assert.equal([missing.minute, missing.open, missing.rsi], [`${formatTime(HOLE.from)} UTC`, '–', '–']);
    assert.match(missing.state!, /^no row: exchange outage/);
    const filled = await goTo(FILLED.from);
    assert.equal([filled.source, filled.state], ['FALLBACK', 'not complete']);
    const flagged = await goTo(SPIKE);
    assert.is(flagged.state, `flagged: ${HOSTILE_TEXT.slice(0, 40)}; not complete`);
    await page.close();
  });

  test('every group of indicators can be switched on and off, in the order of the list', async ({ open }) => {
    const { page, noise } = await open();
    const heightOf = async () => (await page.locator(CHART).boundingBox())!.height;
    const both = await heightOf();
    const { 'ink-4': bands } = await countPixels(page, 'ink-4');
    for (const name of ['Volatility', 'MACD', 'Stochastic'])
      await page.getByLabel(name, { exact: true }).first().check();
    await frame(page);
    assert.ok((await heightOf()) > both + 300, 'three panes more');
    assert.ok((await countPixels(page, 'ink-4'))['ink-4'] > bands, 'the volatility of one minute is drawn');
    for (const box of await page.locator('#symbol-1 input[type=checkbox]').all()) await box.uncheck();
    await page.getByLabel('MACD', { exact: true }).first().check();
    await page.getByRole('button', { name: '6 h' }).first().click();
    await frame(page);
    const shareAt = (minute: number) => (minute - minuteOf(NOW) + 360 * (1 + MARGIN)) / (360 * (1 + 2 * MARGIN));
    const last = minuteOf(HOLE.from) - 1;
    const { 'ink-4': column } = await countPixelsIn(page, [shareAt(last + 0.5), shareAt(last + 0.8)], ['ink-4']);
    assert.ok(column >= 1, 'the last column of the histogram before the gap is drawn');
    await page.getByLabel('MACD', { exact: true }).first().uncheck();
    await frame(page);
    assert.ok((await heightOf()) < both, 'one pane less');
    assert.equal(await countPixels(page, 'ink-4'), { 'ink-4': 0 });
    assert.equal(noise, []);
    await page.close();
  });

  test('texts of the database are escaped', async ({ open }) => {
    const { page, noise } = await open();
    assert.is(await page.evaluate('window.ran'), undefined);
    assert.is(await page.locator('main img, main b[onclick], main script:not([type])').count(), 0);
    const cells = (text: string) => page.locator('#symbol-1 td').filter({ hasText: text });
    assert.is(
      await cells('</script><script>window.ran').count(),
      8,
      'blocker, rule, reason, 2 arguments, 2 errors, file',
    );
    const reasons = await page.locator('#symbol-1 td.t').allTextContents();
    assert.ok(reasons.includes(HOSTILE_TEXT));
    assert.is(await page.locator('#symbol-3 h2').textContent(), ODD_SYMBOL);
    await page.getByRole('link', { name: ODD_SYMBOL }).click();
    await page.waitForSelector('#symbol-3 [data-drawn=all]');
    assert.is(
      await page.locator('#symbol-3 .chart').getAttribute('aria-label'),
      `Chart of ${ODD_SYMBOL}, minute by minute`,
    );
    assert.is(await page.locator('#symbol-1').isVisible(), false);
    assert.equal(noise, []);
    await page.close();
  });

  test('symbols can be selected with the keyboard, and the selected one is marked', async ({ open }) => {
    const { page, noise } = await open();
    const marked = () => page.locator('nav a[aria-current=true]').allTextContents();
    assert.equal(await marked(), [SYMBOL]);
    await page.getByRole('link', { name: 'ETHUSDT' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#symbol-2 [data-drawn=all]');
    assert.equal(await marked(), ['ETHUSDT']);
    const shown = () => page.locator('main > section:visible h2').allTextContents();
    assert.equal(await shown(), ['ETHUSDT']);
    await page.getByRole('link', { name: 'Skip to the symbols' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction('location.hash === "#content"');
    await frame(page);
    assert.equal([await shown(), await marked()], [['ETHUSDT'], ['ETHUSDT']]);
    assert.equal(noise, []);
    await page.close();
  });

  test('light and dark follow the system until a scheme is chosen', async ({ open }) => {
    const background = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const { page: light } = await open({ colorScheme: 'light' });
    const { page: dark, noise } = await open({ colorScheme: 'dark' });
    const [bright, dim] = [await background(light), await background(dark)];
    assert.is.not(bright, dim);
    assert.ok((await countPixels(dark, 'surface')).surface > 10_000, 'the chart has the dark background');
    await dark.getByLabel('light').check();
    await frame(dark);
    assert.is(await background(dark), bright);
    assert.ok((await countPixels(dark, 'surface')).surface > 10_000, 'the chart has the light background');
    assert.ok((await countPixels(dark, 'backfill')).backfill > 100, 'the candles have the light colours');
    await dark.getByLabel('system').check();
    assert.is(await background(dark), dim);
    await light.emulateMedia({ colorScheme: 'dark' });
    await frame(light);
    assert.is(await background(light), dim);
    assert.equal(noise, []);
    await light.close();
    await dark.close();
  });

  test('parts, tables and controls have names and roles', async ({ open }) => {
    const { page } = await open();
    for (const role of ['banner', 'main', 'navigation', 'contentinfo'] as const) {
      assert.is(await page.getByRole(role).count(), 1, role);
    }
    assert.is(await page.getByRole('heading', { level: 1 }).count(), 1);
    const tables = await page.locator('#symbol-1').getByRole('table').all();
    assert.ok(tables.length >= 7, String(tables.length));
    for (const table of tables) {
      assert.is(await table.locator('caption').count(), 1);
      assert.is(await table.locator('thead th:not([scope=col])').count(), 0);
    }
    for (const name of ['Gaps', 'Flags', 'Jobs', 'Training sets', 'Coverage by hour', 'Hour by hour']) {
      assert.is(await page.locator('#symbol-1').getByRole('heading', { name, exact: true }).count(), 1, name);
    }
    assert.is(
      await page.locator('#symbol-1').getByRole('group', { name: 'Indicators' }).getByRole('checkbox').count(),
      5,
    );
    assert.is(
      await page.getByRole('application', { name: `Chart of ${SYMBOL}, minute by minute`, exact: true }).count(),
      1,
    );
    await page.close();
  });

  test('a narrow screen does not scroll sideways', async ({ open }) => {
    const { page } = await open({ viewport: { width: 390, height: 844 } });
    assert.is(await page.evaluate('document.documentElement.scrollWidth'), 390);
    await page.close();
  });

  test('without JavaScript every part is readable: hourly candles, and all symbols', async ({ open, rows }) => {
    const { page, noise } = await open({ javaScriptEnabled: false });
    assert.equal(await page.locator('main > section:visible h2').allTextContents(), [
      '0 of 3 symbols ready',
      SYMBOL,
      'ETHUSDT',
      ODD_SYMBOL,
    ]);
    assert.is(await page.locator('.chart:visible, .controls:visible, .theme:visible').count(), 0);
    assert.ok(await page.locator('#symbol-1 noscript p').isVisible());

    const hours = await page.locator('#symbol-1 table', { hasText: 'Candles of one hour' }).locator('tbody tr').all();
    assert.is(hours.length, 24);
    for (const hour of hours) {
      const [title, ...cells] = await hour.locator('th, td').allTextContents();
      const from = Date.parse(`${title!.replace(' ', 'T')}Z`);
      const found = rows.filter(({ openTime }) => openTime >= from && openTime < from + 60 * MINUTE_MS);
      const [open, high, low, close, volume] = cells.slice(0, 5).map(Number);
      assert.is(open, found[0]!.open, title);
      assert.is(high, Math.max(...found.map((row) => row.high!)), title);
      assert.is(low, Math.min(...found.map((row) => row.low!)), title);
      assert.is(close, found.at(-1)!.close, title);
      const sum = found.reduce((total, row) => total + row.volume!, 0);
      assert.ok(Math.abs(volume! - sum) < 1e-6 * sum, title);
      const valid = found.filter((row) => row.isComplete && !row.hasMissingData).length;
      assert.equal(cells.slice(5).map(Number), [
        60,
        found.length,
        valid,
        found.filter((row) => row.hasMissingData).length,
      ]);
    }
    const gaps = await page
      .locator('#symbol-1 table', { hasText: 'without a row' })
      .locator('tbody tr')
      .allTextContents();
    assert.is(gaps.length, 1);
    assert.match(gaps[0]!, /^2025-06-01 07:00 – 07:3030 minexchange outageinterior/);
    assert.equal(noise, []);
    await page.close();
  });
}
