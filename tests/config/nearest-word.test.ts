import * as assert from 'uvu/assert';
import { findNearestWord } from '../../src/config/nearest-word.js';
import { SETTINGS } from '../../src/config/settings.js';
import { group } from '../harness/group.js';

const KEYS = SETTINGS.map(({ key }) => key);

group('findNearestWord', (test) => {
  const meant: [string, string | undefined][] = [
    ['symbls', 'symbols'],
    ['sybmols', 'symbols'],
    ['Symbols', 'symbols'],
    ['windwo', 'window'],
    ['binanceUrl', 'binanceUrls'],
    ['metrics_file', 'metricsFile'],
    ['colour', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ];
  for (const [word, nearest] of meant) {
    test(`for ${JSON.stringify(word.slice(0, 20))} is ${nearest}`, () =>
      assert.is(findNearestWord(word, KEYS), nearest));
  }
});
