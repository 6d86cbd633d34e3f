import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { annotateBlock, findStale, setIndicators } from '../../src/rows/block-indicators.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { rewindBlock } from '../../src/quality/rewind-block.js';
import { rowAt, type RowBlock, toBlock } from '../../src/rows/row-block.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/indicators/indicators.js';
import { group } from '../harness/group.js';

const NO_INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, null])) as Indicators;

function row(minute: number, close: number, more: Partial<ChartRow> = {}): ChartRow {
  return {
    ...{ openTime: minute * MINUTE_MS, open: close, high: close + 1, low: close - 1, close, volume: 1 },
    ...{ indicators: NO_INDICATORS, source: 'BINANCE', hasMissingData: false, isComplete: false },
    writtenAt: new Date(1),
    ...more,
  };
}

/** Rows of minutes 0 to 999 with their indicators. */
function series(closeAt: (minute: number) => number): RowBlock {
  const block = toBlock(Array.from({ length: 1000 }, (_, minute) => row(minute, closeAt(minute))));
  setIndicators(
    block,
    annotateBlock(block),
    Array.from({ length: 1000 }, (_, at) => at),
  );
  return block;
}

/** The rows after a job has given a minute another close: numbers that differ by less than the tolerance are left. */
function replaced(block: RowBlock, minute: number, close: number): RowBlock {
  const changed = toBlock(
    rows(block).map((each, at) => (at === minute ? { ...row(minute, close), indicators: each.indicators } : each)),
  );
  const calculated = annotateBlock(changed);
  setIndicators(changed, calculated, findStale(changed, calculated, 0));
  return changed;
}

/** The stored rows before one of them was replaced. */
function rewound(stored: RowBlock, earlier: RowBlock, minute: number): RowBlock {
  const before = toBlock([rowAt(earlier, minute)]);
  return rewindBlock(stored, { ...nothing, before, changedAt: Float64Array.of(7) }, 0);
}

const wave = (minute: number) => 100 + Math.sin(minute / 7) * 5;
const rows = (block: RowBlock) => Array.from({ length: block.length }, (_, at) => rowAt(block, at));
const nothing = { before: toBlock([]), changedAt: new Float64Array(0), inserted: [] };

group('rewindBlock', (test) => {
  test('without changes the rows are the stored ones', () => {
    const stored = series(wave);
    assert.is(rewindBlock(stored, nothing, 0), stored);
  });

  test('a replaced candle is the earlier one, and so are the indicators after it', () => {
    const earlier = series((minute) => (minute === 500 ? 110 : wave(minute)));
    const stored = replaced(earlier, 500, wave(500));
    assert.equal(rows(rewound(stored, earlier, 500)), rows(earlier));
  });

  test('of a candle that was replaced twice, the indicators are those that were stored in between, to the last digit', () => {
    const first = series((minute) => (minute === 500 ? 110 : wave(minute)));
    const second = replaced(first, 500, wave(500));
    assert.not.equal(rows(second), rows(series(wave)), 'numbers that differ by less than the tolerance were left');
    const third = replaced(second, 500, 109);
    assert.equal(rows(rewound(third, second, 500)), rows(second));
  });

  test('an inserted row is not there, and a deleted one is; the first change of a minute decides', () => {
    const all = rows(series(wave)).map((each) => ({ ...each, indicators: NO_INDICATORS, isComplete: false }));
    const stored = toBlock(all.filter((_, minute) => minute !== 600)); // 600 was deleted
    const before = toBlock([row(300, 1), all[600]!]);
    const inserted = [
      { from: 200 * MINUTE_MS, to: 202 * MINUTE_MS, at: 5 },
      { from: 300 * MINUTE_MS, to: 301 * MINUTE_MS, at: 8 }, // after it was deleted at 6
      { from: 600 * MINUTE_MS, to: 601 * MINUTE_MS, at: 9 },
    ];
    const found = rows(rewindBlock(stored, { before, changedAt: Float64Array.of(6, 7), inserted }, 0));
    const minutes = found.map(({ openTime }) => openTime / MINUTE_MS);
    assert.is(found.length, 998);
    assert.equal(
      [200, 201, 600].map((minute) => minutes.includes(minute)),
      [false, false, true],
    );
    assert.is(found[minutes.indexOf(300)]!.close, 1);
  });

  test('a row whose first change is its insert is not there, whatever came later', () => {
    const stored = toBlock([row(0, 1), row(1, 2)]);
    const inserted = [{ from: MINUTE_MS, to: 2 * MINUTE_MS, at: 3 }];
    const found = rewindBlock(stored, { before: toBlock([row(1, 5)]), changedAt: Float64Array.of(4), inserted }, 0);
    assert.equal(
      rows(found).map(({ close }) => close),
      [1],
    );
  });

  test('a row of the platform keeps its own indicators', () => {
    const own = { ...NO_INDICATORS, rsi: 50 };
    const stored = series(wave);
    const later = rowAt(stored, 511).indicators;
    const before = toBlock([row(500, 110), row(510, wave(510), { writtenAt: null, indicators: own })]);
    const found = rows(rewindBlock(stored, { ...nothing, before, changedAt: Float64Array.of(7, 9) }, 0));
    assert.equal(found[510]!.indicators, own);
    assert.is(found[510]!.isComplete, false);
    assert.not.equal(found[511]!.indicators, later);
  });
});
