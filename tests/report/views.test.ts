import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { formatTime } from '../../src/report/format-figures.js';
import { group } from '../harness/group.js';
import { CHROMIUM } from './report-of.js';
import { nextFrame, openViewsWorld, OUTAGE, RANGE, type ViewsWorld } from './views-world.js';

const TITLE = 'the views of a report in Chromium';
const WORST = '#symbol-2';
const PHONE = { viewport: { width: 390, height: 844 } };

/** What the chart shows, as the brush says it: from and to. */
async function readShown(page: Page): Promise<string[]> {
  await nextFrame(page);
  const text = await page.locator(`${WORST} .brush`).getAttribute('aria-valuetext');
  return text!.replace(' UTC', '').split(' to ');
}

/** The minute of the row panel. */
async function readMinute(page: Page): Promise<string> {
  return (await page.locator(`${WORST} .row [data-column=minute]`).textContent())!;
}

/** Elements that are cut: wider than the page or than what they are in. Evaluated in the page. */
const FIND_CUT = `() => {
  const width = document.documentElement.clientWidth;
  const isSeen = (element) => element.getClientRects().length > 0 && !element.closest('.status, .skip, .chart, svg');
  const isCut = (element) => {
    const { left, right } = element.getBoundingClientRect();
    return left < -0.5 || right > width + 0.5 || (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0);
  };
  return [...document.querySelectorAll('body *')].filter((element) => isSeen(element) && isCut(element))
    .map((element) => element.tagName + '.' + element.className + ': ' + element.textContent.slice(0, 40));
}`;

if (!CHROMIUM) {
  group(TITLE, (test) => test.skip('screen, phone and paper', 'Chromium is not installed: apt install chromium'));
} else {
  group<ViewsWorld>(TITLE, declare, { setup: openViewsWorld, teardown: (world) => world.close() });
}

function declare(test: Parameters<Parameters<typeof group<ViewsWorld>>[1]>[0]): void {
  test('the first page has a line for each symbol, the worst first, and unpacks no symbol before it is opened', async ({
    open,
    several,
  }) => {
    const page = await open(several);
    const lines = await page.locator('table.symbols tbody tr').allInnerTexts();
    assert.equal(
      lines.map((line) => line.split(/\s/)[0]),
      ['BTCUSDT', 'SOLUSDT', 'ETHUSDT'],
    );
    assert.match(lines[0]!, /not ready 528 of 600 valid; ready from 2023-03-25 15:00; flagged: flat/);
    assert.match(lines[0]!, /80 min in 1 gap/);
    assert.match(lines[2]!, /\sready\s.*none/s);
    assert.is(await page.locator('#symbols h2').textContent(), '2 of 3 symbols ready');
    const strips = await page.locator('table.symbols').getByRole('img').all();
    assert.is(strips.length, 3);
    assert.match((await strips[0]!.getAttribute('aria-label'))!, /^\d\d\.\d % valid$/);
    assert.is(await page.locator('.chart canvas').count(), 0, 'no chart is there yet');

    await page.locator('table.symbols').getByRole('link', { name: 'BTCUSDT' }).click();
    await page.waitForSelector(`${WORST} [data-drawn=all]`);
    assert.is(await page.locator('#symbols').isVisible(), false);
    assert.is(await page.locator(`#symbol-1 .chart canvas, #symbol-3 .chart canvas`).count(), 0, 'only one is opened');
    await page.getByRole('link', { name: 'All symbols' }).click();
    await page.locator('#symbols').waitFor();
    assert.is(await page.locator('section.symbol:visible').count(), 0);
    await page.close();
  });

  test('a chart opens on the whole range; the brush moves and narrows what it shows', async ({ open, several }) => {
    const page = await open(several, {}, WORST);
    assert.equal(await readShown(page), [formatTime(RANGE.from), formatTime(RANGE.to)]);
    const strip = (await page.locator(`${WORST} .overview`).boundingBox())!;
    const [left, right, y] = [strip.x, strip.x + strip.width, strip.y + strip.height / 2];
    const drag = async (from: number, to: number) => {
      await page.mouse.move(from, y);
      await page.mouse.down();
      await page.mouse.move((from + to) / 2, y);
      await page.mouse.move(to, y);
      await page.mouse.up();
    };
    const minuteOf = (text: string) => (Date.parse(`${text.replace(' ', 'T')}Z`) - RANGE.from) / 60_000;
    const minutes = (RANGE.to - RANGE.from) / 60_000;

    await drag(right - 3, left + strip.width / 4);
    const [from, to] = (await readShown(page)).map(minuteOf);
    assert.ok(from! <= 1 && Math.abs(to! - minutes / 4) < minutes / 50, `the right end was dragged: ${from} to ${to}`);
    await drag(left + strip.width / 8, left + strip.width / 8 + strip.width / 2);
    const [moved, end] = (await readShown(page)).map(minuteOf);
    assert.ok(Math.abs(moved! - minutes / 2) < minutes / 50, `the brush was moved to ${moved}`);
    assert.ok(Math.abs(end! - moved! - (to! - from!)) <= 2, 'it is as long as before');

    const chart = (await page.locator(`${WORST} .chart`).boundingBox())!;
    await page.mouse.move(chart.x + (chart.width - 90) / 2, chart.y + 100);
    await nextFrame(page);
    const middle = minuteOf((await readMinute(page)).replace(' UTC', ''));
    assert.ok(Math.abs(middle - (moved! + end!) / 2) < minutes / 20, `the chart shows ${middle} in its middle`);

    await page.locator(`${WORST} .brush`).focus();
    await page.keyboard.press('Home');
    assert.is((await readShown(page))[0], formatTime(RANGE.from));
    await page.keyboard.press('End');
    assert.is((await readShown(page))[1], formatTime(RANGE.to));
    await page.keyboard.press('+');
    const [, narrowed] = (await readShown(page)).map(minuteOf);
    assert.ok(narrowed! < minutes);
    await page.getByRole('button', { name: 'all' }).and(page.locator(':visible')).click();
    assert.equal(await readShown(page), [formatTime(RANGE.from), formatTime(RANGE.to)]);
    await page.close();
  });

  test('rows of gaps, flags, jobs and blockers go to their place on the chart, also by address', async ({
    open,
    several,
  }) => {
    const page = await open(several, {}, WORST);
    const starts = { gaps: OUTAGE.from, flags: OUTAGE.from - 72 * 60_000, jobs: OUTAGE.from - 72 * 60_000 };
    for (const [table, start] of Object.entries({ ...starts, blockers: starts.jobs })) {
      await page.getByRole('button', { name: 'all' }).and(page.locator(':visible')).click();
      const links = page.locator(`${WORST} table.${table} tbody a`);
      assert.is(await links.count(), 1, table);
      await links.click();
      const [from, to] = await readShown(page);
      assert.ok(
        from! <= formatTime(start) && formatTime(OUTAGE.from) <= to! && from! > '2023-03-24',
        `${table}: ${from}`,
      );
      assert.is(await readMinute(page), `${formatTime(start)} UTC`, table);
      assert.is(await page.evaluate('document.activeElement.className'), 'chart', table);
      const top = await page.evaluate<number>(
        `document.querySelector('${WORST} .chart-part').getBoundingClientRect().top`,
      );
      assert.ok(Math.abs(top) < 300, `${table}: the chart is ${top} pixels from the top`);
    }
    const address = page.url();
    await page.close();
    const again = await open(several, {}, address.slice(address.indexOf('#')));
    assert.is((await readMinute(again)).slice(0, 16), formatTime(starts.jobs));
    await again.close();
  });

  test('flags of one stretch are one row, and jobs are in words', async ({ open, several }) => {
    const page = await open(several, {}, WORST);
    const flags = await page.locator(`${WORST} table.flags tbody tr`).allInnerTexts();
    assert.equal(
      flags.map((flag) => flag.split('\t')),
      [['2023-03-24 11:28 – 12:40', '72 minutes', 'flat', '221.268', '206.442', 'open', 'no trade']],
    );
    const [job] = await page.locator(`${WORST} table.jobs tbody tr`).allInnerTexts();
    assert.match(
      job!,
      /rules unsound, flat; spikes above mean \+ 3 sd; flagged rows asked for again; flat after 10 minutes/,
    );
    assert.match(job!, /72 flat, 138 confirmed/);
    assert.not.match(job!, /[{}"]/);
    await page.close();
  });

  test('on a phone nothing is cut: tables are lists with the titles of their columns', async ({
    open,
    several,
    month,
  }) => {
    const pages = [await open(several, PHONE), await open(several, PHONE, WORST), await open(month, PHONE)];
    for (const page of pages) {
      assert.equal(await page.evaluate(`(${FIND_CUT})()`), [], page.url());
      await page.evaluate('scrollTo(0, document.body.scrollHeight)');
      const untitled = await page.evaluate(`[...document.querySelectorAll('table:not(.coverage)')].flatMap((table) => {
        const titles = [...table.querySelectorAll('thead th')].map((title) => title.textContent);
        return [...table.querySelectorAll('tbody tr')].flatMap((row) => [...row.children].slice(1).filter((cell, i) => {
          return getComputedStyle(cell, '::before').content !== JSON.stringify(titles[i + 1]);
        }));
      }).length`);
      assert.is(untitled, 0, 'cells without their title');
      assert.is(await page.locator('thead:visible').count(), 0);
      const heights = await page.evaluate<number[]>(
        `[...document.querySelectorAll('.badge')].filter((badge) => badge.offsetParent).map((badge) => badge.offsetHeight)`,
      );
      assert.ok(
        heights.length > 0 && heights.every((height) => height < 28),
        `badges of several lines: ${heights.join()}`,
      );
      const scrolled = await page.evaluate(
        `[...document.querySelectorAll('.scroll')].filter((part) => part.scrollHeight > part.clientHeight + 1).length`,
      );
      assert.is(scrolled, 0, 'lists that are longer than their place');
    }
    for (const page of pages) await page.close();
  });

  for (const width of [1280, 390]) {
    test(`labels of the axes are whole, and none is over another, at every zoom of ${width} pixels`, async ({
      open,
      several,
    }) => {
      const page = await open(several, { viewport: { width, height: 900 } }, WORST);
      await page.evaluate(`(() => {
        window.texts_ = new Map();
        const draw = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
          const { width, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = this.measureText(text);
          const left = { left: x, start: x, center: x - width / 2, right: x - width, end: x - width }[this.textAlign];
          const box = { text, left, right: left + width, top: y - up, bottom: y + down };
          const { canvas } = this;
          if (text !== '') window.texts_.set(canvas, [...(window.texts_.get(canvas) ?? []), box]);
          return draw.apply(this, arguments);
        };
      })()`);
      const zooms = await page.locator(`${WORST} button[data-minutes]`).all();
      assert.is(zooms.length, 4);
      for (const zoom of zooms) {
        await zoom.click();
        await page.mouse.move(2, 2);
        await nextFrame(page);
        await page.evaluate('window.texts_.clear()');
        await page.getByLabel(zoom === zooms[0] ? 'light' : 'system').check();
        await page.getByLabel('dark').check(); // draws everything again
        await nextFrame(page);
        const found = await page.evaluate<{ labels: number; faults: string[] }>(`(() => {
          const axes = [...document.querySelectorAll('${WORST} .chart tr')].flatMap((row) => {
            const isTime = row === row.parentNode.lastElementChild;
            return [...row.querySelectorAll(isTime ? 'td:nth-child(2) canvas' : 'td:nth-child(3) canvas')];
          });
          const faults = [];
          let labels = 0;
          for (const axis of axes) {
            const texts = [...new Map((window.texts_.get(axis) ?? []).map((text) => [text.text + text.left + text.top, text])).values()];
            labels += texts.length;
            for (const [i, text] of texts.entries()) {
              const isWhole = text.left >= -0.5 && text.right <= axis.width + 0.5 && text.top >= -0.5 && text.bottom <= axis.height + 0.5;
              if (!isWhole) faults.push(text.text + ' is cut');
              for (const other of texts.slice(0, i)) {
                const isApart = other.right + 4 <= text.left || text.right + 4 <= other.left || other.bottom < text.top || text.bottom < other.top;
                if (!isApart) faults.push(text.text + ' is over ' + other.text);
              }
            }
          }
          return { labels, faults };
        })()`);
        assert.equal(found.faults, [], (await zoom.textContent())!);
        assert.ok(found.labels >= 6, `${found.labels} labels`);
      }
      await page.close();
    });
  }

  test('on paper a month of a symbol is whole on less than ten pages, with its legends', async ({ open, month }) => {
    const page = await open(month, { viewport: { width: 700, height: 900 } });
    const paper = await page.pdf({ format: 'A4' });
    const pages = paper.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)!.length;
    assert.ok(pages >= 3 && pages < 10, `${pages} pages`);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.evaluate(`(${FIND_CUT})()`), []);
    const found = await page.evaluate<Record<string, unknown>>(`(() => {
      const all = (selector) => [...document.querySelectorAll(selector)];
      const styles = (selector, name) => [...new Set(all(selector).map((element) => getComputedStyle(element)[name]))].join();
      return {
        hidden: all('tbody tr').filter((row) => row.offsetHeight === 0).length,
        places: styles('.scroll', 'overflow') + ' ' + styles('.scroll', 'maxHeight'),
        heads: styles('thead', 'display') + ' ' + styles('thead th', 'position'),
        headings: styles('h3, caption, thead', 'breakAfter'),
        rows: styles('tbody tr', 'breakInside'),
        legends: all('.key').length + ' ' + styles('.key', 'display') + ' ' + styles('.key i', 'printColorAdjust'),
        controls: all('.controls, .overview, .chart, .theme, .keys').filter((part) => part.offsetHeight > 0).length,
      };
    })()`);
    assert.equal(found, {
      hidden: 0,
      places: 'visible none',
      heads: 'table-header-group static',
      headings: 'avoid',
      rows: 'avoid',
      legends: '2 flex exact',
      controls: 0,
    });
    await page.close();
  });

  test('on paper is what is open: the first page, or one symbol', async ({ open, several }) => {
    const page = await open(several, {}, WORST);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('h2:visible').allTextContents(), ['BTCUSDT']);
    await page.evaluate(`location.hash = '#symbols'`);
    await page.locator('#symbols').waitFor();
    assert.equal(await page.locator('h2:visible').allTextContents(), ['2 of 3 symbols ready']);
    assert.equal(await page.evaluate(`(${FIND_CUT})()`), []);
    await page.close();
  });
}
