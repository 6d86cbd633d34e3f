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
  { fact: 'no row: insert', row: undefined, action: 'insert' },
  { fact: 'a valid row and other numbers: keep', row: row(), answer: OTHER, action: 'keep' },
  {
    fact: 'a valid row of a fallback exchange and other numbers: keep',
    row: row({ source: 'FALLBACK' }),
    answer: OTHER,
    action: 'keep',
  },
  {
    fact: 'a valid row of a fallback exchange, with replaceFallback: replace',
    row: row({ source: 'FALLBACK' }),
    replaceFallback: true,
    action: 'replace',
  },
  {
    fact: 'a valid row of Binance, with replaceFallback: keep',
    row: row(),
    answer: OTHER,
    replaceFallback: true,
    action: 'keep',
  },
  {
    fact: 'a valid row of Binance and other numbers, with replaceValid: replace',
    row: row(),
    answer: OTHER,
    replaceValid: true,
    action: 'replace',
  },
  {
    fact: 'a valid row of Binance and equal numbers, with replaceValid: keep',
    row: row(),
    replaceValid: true,
    action: 'keep',
  },
  {
    fact: 'a valid row of a fallback exchange, with replaceValid: keep',
    row: row({ source: 'FALLBACK' }),
    answer: OTHER,
    replaceValid: true,
    action: 'keep',
  },
  {
    fact: 'a valid row and a candle of a fallback exchange, with replaceValid: keep',
    row: row(),
    answer: OTHER,
    source: 'FALLBACK',
    replaceValid: true,
    action: 'keep',
  },
  {
    fact: 'a flagged row and other numbers: replace',
    row: row({ hasMissingData: true }),
    answer: OTHER,
    action: 'replace',
  },
  { fact: 'a flagged row and equal numbers: confirm', row: row({ hasMissingData: true }), action: 'confirm' },
  {
    fact: 'an incomplete row and other numbers: replace',
    row: row({ isComplete: false }),
    answer: OTHER,
    action: 'replace',
  },
  { fact: 'an incomplete row and equal numbers: keep', row: row({ isComplete: false }), action: 'keep' },
  {
    fact: 'a row not written by chartctl and equal numbers: confirm',
    row: row({ isComplete: false, writtenAt: null }),
    action: 'confirm',
  },
  { fact: 'an unsound row: replace', row: row({ high: 1, isComplete: false }), action: 'replace' },
  { fact: 'an unsound row that is marked complete: replace', row: row({ high: 1 }), action: 'replace' },
  { fact: 'a row with a missing number: replace', row: row({ volume: null, isComplete: false }), action: 'replace' },
  { fact: 'no row and a candle of a fallback exchange: insert', row: undefined, source: 'FALLBACK', action: 'insert' },
  {
    fact: 'a sound row and a candle of a fallback exchange: keep',
    row: row({ isComplete: false, hasMissingData: true }),
    answer: OTHER,
    source: 'FALLBACK',
    action: 'keep',
  },
  {
    fact: 'an unsound row and a candle of a fallback exchange: replace',
    row: row({ close: Number.NaN }),
    source: 'FALLBACK',
    action: 'replace',
  },
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
