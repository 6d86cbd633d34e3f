import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/indicators/indicators.js';
import { type FirstVersions, selectKnown } from '../../src/quality/select-known.js';
import { annotateBlock, setIndicators } from '../../src/rows/block-indicators.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { rowAt, type RowBlock, toBlock } from '../../src/rows/row-block.js';
import { group } from '../harness/group.js';

const NO_INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;
const WITHIN = 2 * MINUTE_MS;
const LIMITS = { withinMs: WITHIN, untilMs: Infinity };
/** The end of a minute, and a time after it. */
const closeOf = (minute: number, moreMs = 0) => (minute + 1) * MINUTE_MS + moreMs;

function row(minute: number, close: number, more: Partial<ChartRow> = {}): ChartRow {
  return {
    ...{ openTime: minute * MINUTE_MS, open: close, high: close + 1, low: close - 1, close, volume: 1 },
    ...{ indicators: NO_INDICATORS, source: 'BINANCE', hasMissingData: false, isComplete: false },
    writtenAt: new Date(closeOf(minute, 5_000)),
    ...more,
  };
}

const wave = (minute: number) => 100 + Math.sin(minute / 7) * 5;
function withIndicators(rows: readonly ChartRow[]): RowBlock {
  const block = toBlock(rows);
  setIndicators(block, annotateBlock(block), Array.from(rows.keys()));
  return block;
}
const series = (changed: Record<number, ChartRow> = {}, without: readonly number[] = []) =>
  withIndicators(
    Array.from({ length: 1000 }, (_, minute) => changed[minute] ?? row(minute, wave(minute))).filter(
      (_, minute) => !without.includes(minute),
    ),
  );
const rows = (block: RowBlock) => Array.from({ length: block.length }, (_, at) => rowAt(block, at));
const minutes = (list: readonly number[]) => list.map((minute) => minute / MINUTE_MS);
const NOTHING: FirstVersions = { before: toBlock([]), inserted: [] };

group('selectKnown', (test) => {
  test('rows that were stored in time are as they are stored', () => {
    const stored = series();
    const found = selectKnown(stored, NOTHING, LIMITS, 0);
    assert.equal(rows(found.rows), rows(stored));
    assert.equal([found.replaced, found.removed, found.late, found.unknown], [[], [], [], []]);
  });

  test('a replaced candle is the first one, and the indicators after it are those of the first candles', () => {
    const first = row(500, 110, { source: 'FALLBACK' });
    const stored = series({ 500: row(500, wave(500), { writtenAt: new Date(closeOf(900)) }) });
    const found = selectKnown(stored, { ...NOTHING, before: toBlock([first]) }, LIMITS, 0);
    assert.equal(rows(found.rows), rows(series({ 500: first })));
    assert.equal(minutes(found.replaced), [500]);
  });

  test('a first row that only lacked its indicators has the stored ones', () => {
    const stored = series();
    const found = selectKnown(stored, { ...NOTHING, before: toBlock([row(500, wave(500))]) }, LIMITS, 0);
    assert.equal(rows(found.rows), rows(stored));
    assert.equal(found.replaced, []);
  });

  test('a row that came later is left out and ends the run; the entry of its insert counts before its own time', () => {
    const late = new Date(closeOf(999));
    const stored = series({ 500: row(500, wave(500), { writtenAt: late }), 600: row(600, 1, { writtenAt: late }) });
    const inserted = [
      { from: 500 * MINUTE_MS, to: 501 * MINUTE_MS, at: closeOf(500, WITHIN + 1) },
      { from: 599 * MINUTE_MS, to: 602 * MINUTE_MS, at: closeOf(600, WITHIN) }, // too late for 599
    ];
    const found = selectKnown(stored, { ...NOTHING, inserted }, LIMITS, 0);
    assert.equal(minutes(found.late), [500]);
    const wanted = series({ 600: row(600, 1, { writtenAt: late }) }, [500]);
    assert.equal(rows(found.rows), rows(wanted));
    assert.is(rows(found.rows).find(({ openTime }) => openTime === 800 * MINUTE_MS)!.isComplete, false);
  });

  test('a row that was deleted since is there, one of another program is not', () => {
    const stored = series({ 700: row(700, wave(700), { writtenAt: null }) }, [300]);
    const before = toBlock([row(300, wave(300))]);
    const found = selectKnown(stored, { ...NOTHING, before }, LIMITS, 0);
    assert.equal([minutes(found.removed), minutes(found.unknown)], [[300], [700]]);
    assert.equal(rows(found.rows), rows(series({}, [700])));
  });

  test('rows of the look-back are not listed, and versions after the last time do not count', () => {
    const stored = series({ 100: row(100, wave(100), { writtenAt: null }) });
    const found = selectKnown(stored, NOTHING, { ...LIMITS, untilMs: closeOf(990) }, 200 * MINUTE_MS);
    assert.equal(found.unknown, []);
    assert.equal(minutes(found.late), [990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
  });
});
