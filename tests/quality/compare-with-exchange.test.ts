import * as assert from 'uvu/assert';
import type { Candle } from '../../src/core/candle.js';
import { MINUTE_MS } from '../../src/core/minute.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/indicators/indicators.js';
import { compareWithExchange, describeDifference } from '../../src/quality/compare-with-exchange.js';
import type { RowClass } from '../../src/quality/row-classes.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { group } from '../harness/group.js';

const FINAL: Candle = { openTime: 0, open: 10, high: 12, low: 9, close: 11, volume: 5 };
const HALF_DONE = { high: 11, low: 9.5, close: 10.5, volume: 2 };
const OTHER = { open: 10.5, close: 11.5 };
const INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, 1])) as Indicators;

function row(changes: Partial<ChartRow> = {}): ChartRow {
  return {
    ...FINAL,
    indicators: INDICATORS,
    source: 'BINANCE',
    hasMissingData: false,
    isComplete: true,
    writtenAt: new Date(30 * MINUTE_MS),
    ...changes,
  };
}

const legacy = (changes: Partial<ChartRow> = {}) => row({ writtenAt: null, isComplete: false, ...changes });

const CASES: { fact: string; stored?: ChartRow; exchange?: Candle; class: RowClass }[] = [
  { fact: 'equal numbers: same', stored: row(), exchange: FINAL, class: 'same' },
  {
    fact: 'equal numbers in a flagged row that chartctl did not write: same',
    stored: legacy({ hasMissingData: true }),
    exchange: FINAL,
    class: 'same',
  },
  { fact: 'only the exchange has the minute: missing', exchange: FINAL, class: 'missing' },
  { fact: 'only the table has the minute: absent', stored: row(), class: 'absent' },
  {
    fact: 'a row of a fallback exchange for a minute that Binance does not have: filled',
    stored: row({ source: 'FALLBACK' }),
    class: 'filled',
  },
  {
    fact: 'a row of a fallback exchange for a minute that Binance has: fallback',
    stored: row({ source: 'FALLBACK', volume: 4 }),
    exchange: FINAL,
    class: 'fallback',
  },
  {
    fact: 'other numbers in a row that chartctl wrote: revised',
    stored: row(OTHER),
    exchange: FINAL,
    class: 'revised',
  },
  {
    fact: 'also numbers of an unfinished candle, because chartctl writes closed candles only: revised',
    stored: row(HALF_DONE),
    exchange: FINAL,
    class: 'revised',
  },
  {
    fact: 'other numbers in an invalid row that chartctl wrote: revised',
    stored: row({ ...OTHER, hasMissingData: true }),
    exchange: FINAL,
    class: 'revised',
  },
  {
    fact: 'other numbers in a valid row that chartctl did not write: revised',
    stored: row({ ...OTHER, writtenAt: null }),
    exchange: FINAL,
    class: 'revised',
  },
  {
    fact: 'numbers of an unfinished candle in a row that chartctl did not write: partial',
    stored: legacy(HALF_DONE),
    exchange: FINAL,
    class: 'partial',
  },
  {
    fact: 'the same after a rebuild has made the row valid: partial',
    stored: row({ ...HALF_DONE, writtenAt: null }),
    exchange: FINAL,
    class: 'partial',
  },
  {
    fact: 'the same in a row written within seconds after the minute: partial',
    stored: row({ ...HALF_DONE, writtenAt: new Date(MINUTE_MS + 1_500) }),
    exchange: FINAL,
    class: 'partial',
  },
  {
    fact: 'a wider range than that of the final candle: not partial',
    stored: legacy({ ...HALF_DONE, high: 12.5 }),
    exchange: FINAL,
    class: 'different',
  },
  {
    fact: 'another open than that of the final candle: not partial',
    stored: legacy({ ...HALF_DONE, open: 10.2 }),
    exchange: FINAL,
    class: 'different',
  },
  {
    fact: 'as much volume as the final candle: not partial',
    stored: legacy({ ...HALF_DONE, volume: 5 }),
    exchange: FINAL,
    class: 'different',
  },
  { fact: 'an impossible candle: unsound', stored: row({ high: 1 }), exchange: FINAL, class: 'unsound' },
  {
    fact: 'an impossible candle of a fallback exchange: unsound',
    stored: row({ source: 'FALLBACK', close: null }),
    exchange: FINAL,
    class: 'unsound',
  },
];

group('compareWithExchange', (test) => {
  for (const { fact, stored, exchange, class: expected } of CASES) {
    test(fact, () => {
      const compared = compareWithExchange(stored ? [stored] : [], exchange ? [exchange] : []);
      assert.equal(compared, [{ openTime: 0, stored, exchange, class: expected }]);
    });
  }

  test('minutes are matched by time; those that neither side has are left out', () => {
    const at = (minute: number) => ({ openTime: minute * MINUTE_MS });
    const rows = [1, 2, 4, 7, 8].map((minute) => row(at(minute)));
    const answers = [0, 2, 3, 7, 9].map((minute) => ({ ...FINAL, ...at(minute) }));
    const found = compareWithExchange(rows, answers).map((item) => `${item.openTime / MINUTE_MS} ${item.class}`);
    assert.equal(found, [
      '0 missing',
      '1 absent',
      '2 same',
      '3 missing',
      '4 absent',
      '7 same',
      '8 absent',
      '9 missing',
    ]);
  });

  test('a difference is described field by field', () => {
    const say = (stored: ChartRow, answers: Candle[]) => describeDifference(compareWithExchange([stored], answers)[0]!);
    assert.is(say(row({ close: 10.5 }), [FINAL]), 'close 10.5, Binance gives 11');
    assert.is(say(row({ high: 1 }), [FINAL]), 'open 10 is above high 1; high 1, Binance gives 12');
    assert.is(say(row(), []), 'Binance does not have the minute');
  });
});
