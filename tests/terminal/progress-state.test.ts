import * as assert from 'uvu/assert';
import { ProgressState } from '../../src/terminal/progress-state.js';
import { describeProgress, summarizeProgress } from '../../src/terminal/progress-text.js';
import { group } from '../harness/group.js';

const WIDE = 120;

group('the progress of a fleet', (test) => {
  test('the rate is that of the last half minute, and so is the time left', () => {
    const state = new ProgressState(20, 0);
    // an hour of 100 candles a second, then a minute of 1,000
    let done = 0;
    for (let ms = 0; ms < 3_600_000; ms += 1_000) {
      state.update({ symbol: 'A', done: (done += 100), total: 1_000_000, unit: 'minutes' }, ms);
    }
    assert.match(describeProgress(state, 3_599_000, WIDE), /, 100 candles\/s, /);
    for (let ms = 3_600_000; ms < 3_660_000; ms += 1_000) {
      state.update({ symbol: 'A', done: (done += 1_000), total: 1_000_000, unit: 'minutes' }, ms);
    }
    // 0.42 of 20 symbols of a million candles each: 19,580,000 candles are left
    assert.is(describeProgress(state, 3_659_000, WIDE), '0 of 20 symbols, 2 %, 1,000 candles/s, 5 h 27 min left');
  });

  test('a batch that takes longer than the window still has a rate', () => {
    const state = new ProgressState(1, 0);
    for (let i = 1; i <= 5; i += 1)
      state.update({ symbol: 'A', done: i * 60_000, total: 600_000, unit: 'minutes' }, i * 60_000);
    assert.is(describeProgress(state, 300_000, WIDE), '0 of 1 symbol, 50 %, 1,000 candles/s, 5 min left');
  });

  test('no time left is said before it can be known, nor while nothing advances', () => {
    const state = new ProgressState(9, 0);
    state.update({ symbol: 'A', done: 500, total: 1_000, unit: 'minutes' }, 500);
    assert.is(describeProgress(state, 500, WIDE), '0 of 9 symbols, 5 %', 'half a second');
    assert.is(describeProgress(state, 2_000, WIDE), '0 of 9 symbols, 5 %, 250 candles/s', 'two seconds');
    assert.is(describeProgress(state, 4_000, WIDE), '0 of 9 symbols, 5 %, 130 candles/s', 'one advance');
    for (const ms of [5_000, 6_000, 7_000]) {
      state.update({ symbol: 'A', done: 500 + ms / 100, total: 1_000, unit: 'minutes' }, ms);
    }
    assert.match(describeProgress(state, 7_000, WIDE), / left$/);
    state.update({ symbol: 'A', done: 570, total: 1_000, unit: 'minutes' }, 50_000);
    state.update({ symbol: 'A', done: 570, total: 1_000, unit: 'minutes' }, 51_000);
    state.update({ symbol: 'A', done: 570, total: 1_000, unit: 'minutes' }, 52_000);
    assert.is(describeProgress(state, 90_000, WIDE), '0 of 9 symbols, 6 %, 0 candles/s');
  });

  test('a symbol of several steps never goes back, and all candles count', () => {
    const state = new ProgressState(2, 0);
    state.update({ symbol: 'A', done: 800, total: 1_000, unit: 'minutes' }, 1_000);
    state.update({ symbol: 'A', done: 100, total: 200, unit: 'minutes' }, 2_000);
    assert.is(state.estimate(2_000).share, 0.4);
    assert.is(state.unitsDone, 900);
    state.finish('A', 3_000);
    state.finish('B', 4_000);
    assert.is(describeProgress(state, 4_000, WIDE), '2 of 2 symbols, 100 %, 230 candles/s');
    assert.is(summarizeProgress(state, 4_000, WIDE), '2 of 2 symbols, 900 candles, 230 candles/s, 4.0 s');
  });

  test('rows are rows', () => {
    const state = new ProgressState(3, 0);
    state.update({ symbol: 'A', done: 12_345, total: 20_000, unit: 'rows' }, 1_000);
    assert.is(describeProgress(state, 1_000, WIDE), '0 of 3 symbols, 20 %, 12,000 rows/s');
  });
});
