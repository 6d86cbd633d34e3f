import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { type Candle, CANDLE_FIELDS } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { generateCandles } from '../../src/exchange/replay/generate-candles.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import type { ChartPayload, PayloadColumn } from '../../src/report/payload/chart-payload.js';
import { unpack } from '../../src/report/payload/column-codec.js';
import { createExpectations } from '../../src/report/payload/expected-columns.js';
import type { PageAssets } from '../../src/report/page-assets.js';
import { renderPage } from '../../src/report/render-page.js';
import type { ReportJob } from '../../src/report/report-data.js';
import { readFixtureCandles } from '../harness/fixtures.js';
import { group } from '../harness/group.js';
import { buildAssets, reportOf, spikeAt } from './report-of.js';

const START = Date.parse('2025-06-01T00:00:00Z');
const DAY = 1440;
const KILOBYTE = 1000;

function generated(minutes: number): Candle[] {
  return generateCandles('BTCUSDT', { from: START, to: START + minutes * MINUTE_MS });
}

/** Real candles one after the other; after the last one of the fixture its first one follows again. */
function real(minutes: number): Candle[] {
  const candles = readFixtureCandles('clean/BTCUSDT-1m-2025-05-20_2025-06-10.csv.br');
  return Array.from({ length: minutes }, (_, i) => {
    return { ...candles[i % candles.length]!, openTime: START + i * MINUTE_MS };
  });
}

/** A page on these candles with 1.6 % of the minutes flagged, as by the volume rule on real data. */
function pageOf(candles: readonly Candle[], parts: PageAssets): string {
  const flags = candles.filter((_, i) => i % 62 === 0).map(({ openTime }) => spikeAt(openTime));
  const job: ReportJob = {
    id: 12_345,
    command: 'backfill',
    arguments: { from: '2025-06-01T00:00Z', to: '2025-06-02T00:00Z', fillGaps: true },
    startedAt: START,
    finishedAt: START + 4200,
    outcome: 'done',
    counts: { inserted: 1440, rebuilt: 1000 },
    error: null,
    stretch: null,
  };
  const jobs = { tallies: [], latest: Array.from({ length: 100 }, () => job) };
  return renderPage(reportOf(candles, { flags, jobs }), parts);
}

function payloadOf(page: string): ChartPayload {
  const [, json] = /<script type="application\/json" class="rows">(.*?)<\/script>/s.exec(page)!;
  return JSON.parse(json!) as ChartPayload;
}

group<PageAssets>(
  'the page of a report',
  (test) => {
    test('the policy allows only the script and the style of the build, and no loading', (parts) => {
      const page = renderPage(reportOf(generated(500)), parts);
      const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
      const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
      const quoted = policy!.replaceAll('&#39;', "'");
      assert.match(quoted, /^default-src 'none'; /);
      assert.not.match(quoted, /unsafe|http|\*/);
      const [, style] = /<style>(.*?)<\/style>/s.exec(page)!;
      const [, script] = /<script>(.*?)<\/script>/s.exec(page)!;
      assert.ok(quoted.includes(`script-src ${hashOf(script!)};`), quoted);
      assert.ok(quoted.includes(`style-src ${hashOf(style!)};`), quoted);
      assert.is(page.match(/<script/g)?.length, 2, 'the program and the rows');
      assert.not.match(page, /<(?:iframe|object|embed|base|form|img)[\s>]|<link(?! rel="icon" href="data:,")/);
      assert.not.match(page.slice(0, page.indexOf('<script>')), /\s(?:style|on\w+)=/);
    });

    test('has the attribution and the licence of the chart library, as required', (parts) => {
      const page = renderPage(reportOf(generated(500)), parts);
      assert.match(
        page,
        /TradingView Lightweight Charts™ v\d.{1,40}Copyright \(c\) \d+ TradingView, Inc\..{1,40}Apache License/s,
      );
      assert.match(
        page,
        /<footer>.*TradingView.*href="https:\/\/www\.tradingview\.com\/".*Apache License 2\.0.*<\/footer>/s,
      );
    });

    test('the same report gives the same bytes', (parts) => {
      const candles = generated(500);
      assert.is(renderPage(reportOf(candles), parts), renderPage(reportOf(candles), parts));
    });

    test('contains every candle exactly, and every indicator rounded to the declared decimals', (parts) => {
      const report = reportOf(generated(DAY));
      const { rows } = report.symbols[0]!;
      const payload = payloadOf(renderPage(report, parts));
      const bytes = inflateRawSync(Buffer.from(payload.data, 'base64'));
      let start = 0;
      const expect = createExpectations(payload.from);
      const known = new Map<PayloadColumn, Float64Array>();
      for (const { name, decimals, width } of payload.columns) {
        const packed = { decimals, width, bytes: bytes.subarray(start, (start += width * rows.length)) };
        const found = unpack(packed, expect(name, known));
        known.set(name, found);
        assert.is(found.length, DAY, name);
        const candleField = CANDLE_FIELDS.find((field) => field === name);
        if (candleField) assert.equal([...found], [...rows[candleField]], name);
        const indicator = INDICATOR_COLUMNS.find((column) => column === name);
        if (!indicator) continue;
        rows[indicator].forEach((value, i) => {
          const [shown, wanted] = [found[i]!.toFixed(decimals!), value.toFixed(decimals!)];
          if (shown !== wanted) assert.unreachable(`${name} of row ${i} was ${shown}, expected ${wanted}`);
        });
      }
      assert.is(start, bytes.length);
    });

    test('a day is under 400 KB, 30 days are under 3 MB', (parts) => {
      assert.ok(Buffer.byteLength(pageOf(generated(DAY), parts)) < 400 * KILOBYTE);
      assert.ok(Buffer.byteLength(pageOf(generated(30 * DAY), parts)) < 3000 * KILOBYTE);
    });

    test('so they are with real candles, and twenty symbols in 30 days are under 12 MB', (parts) => {
      assert.ok(Buffer.byteLength(pageOf(real(DAY), parts)) < 400 * KILOBYTE);
      const month = Buffer.byteLength(pageOf(real(30 * DAY), parts));
      assert.ok(month < 3000 * KILOBYTE);
      const shared = Buffer.byteLength(parts.script) + Buffer.byteLength(parts.style);
      const twenty = shared + 20 * (month - shared);
      assert.ok(twenty < 12_000 * KILOBYTE, `${twenty} bytes`);
    });
  },
  { setup: buildAssets },
);
