import * as assert from 'uvu/assert';
import type { Candle, Source } from '../../src/core/candle.js';
import { INDICATOR_COLUMNS, type Indicators } from '../../src/indicators/indicators.js';
import { decideMerge, type MergeAction } from '../../src/quality/decide-merge.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { group } from '../harness/group.js';

const CANDLE: Candle = { openTime: 0, open: 10, high: 12, low: 9, close: 11, volume: 5 };
const OTHER: Candle = { ...CANDLE, close: 10.5 };
const INDICATORS = Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, 1])) as Indicators;

function row(changes: Partial<ChartRow> = {}): ChartRow {
  return {
    ...CANDLE,
    indicators: INDICATORS,
    source: 'BINANCE',
    hasMissingData: false,
    isComplete: true,
    writtenAt: new Date(0),
    ...changes,
  };
}

interface Case {
  fact: string;
  row: ChartRow | undefined;
  answer?: Candle;
  source?: Source;
  replaceFallback?: boolean;
  replaceValid?: boolean;
  action: MergeAction;
}

const CASES: Case[] = [
  { fact: 'a missing minute is filled', row: undefined, action: 'insert' },
  { fact: 'a valid row stays, whatever the exchange says', row: row(), answer: OTHER, action: 'keep' },
  { fact: 'a valid row of a fallback stays', row: row({ source: 'FALLBACK' }), answer: OTHER, action: 'keep' },
  {
    fact: 'unless its replacement is asked for by name',
    row: row({ source: 'FALLBACK' }),
    replaceFallback: true,
    action: 'replace',
  },
  {
    fact: 'which does not touch a valid row of Binance',
    row: row(),
    answer: OTHER,
    replaceFallback: true,
    action: 'keep',
  },
  {
    fact: 'a valid row of Binance gives way to its revised numbers when that is asked for by name',
    row: row(),
    answer: OTHER,
    replaceValid: true,
    action: 'replace',
  },
  { fact: 'and stays when they are the same', row: row(), replaceValid: true, action: 'keep' },
  {
    fact: 'which does not touch a valid row of a fallback',
    row: row({ source: 'FALLBACK' }),
    answer: OTHER,
    replaceValid: true,
    action: 'keep',
  },
  {
    fact: 'nor lets a fallback overrule a valid row',
    row: row(),
    answer: OTHER,
    source: 'FALLBACK',
    replaceValid: true,
    action: 'keep',
  },
  {
    fact: 'a flagged row gives way to other numbers',
    row: row({ hasMissingData: true }),
    answer: OTHER,
    action: 'replace',
  },
  { fact: 'and is confirmed by the same', row: row({ hasMissingData: true }), action: 'confirm' },
  {
    fact: 'an incomplete row gives way to other numbers',
    row: row({ isComplete: false }),
    answer: OTHER,
    action: 'replace',
  },
  { fact: 'and is left alone by the same', row: row({ isComplete: false }), action: 'keep' },
  {
    fact: 'a legacy row is confirmed by the same numbers',
    row: row({ isComplete: false, writtenAt: null }),
    action: 'confirm',
  },
  { fact: 'an unsound row gives way', row: row({ high: 1, isComplete: false }), action: 'replace' },
  { fact: 'an unsound row is not valid even when it is marked complete', row: row({ high: 1 }), action: 'replace' },
  { fact: 'a row with a missing number gives way', row: row({ volume: null, isComplete: false }), action: 'replace' },
  { fact: 'a fallback fills a missing minute', row: undefined, source: 'FALLBACK', action: 'insert' },
  {
    fact: 'but never overrules a sound row',
    row: row({ isComplete: false, hasMissingData: true }),
    answer: OTHER,
    source: 'FALLBACK',
    action: 'keep',
  },
  { fact: 'only an unsound one', row: row({ close: Number.NaN }), source: 'FALLBACK', action: 'replace' },
];

group('decideMerge', (test) => {
  for (const {
    fact,
    row: stored,
    answer = CANDLE,
    source = 'BINANCE_BACKFILL',
    replaceFallback = false,
    replaceValid = false,
    action,
  } of CASES) {
    test(fact, () => assert.is(decideMerge(stored, answer, { source, replaceFallback, replaceValid }), action));
  }
});
