import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createMessageDisplay, createPlainProgress } from '../../src/terminal/progress.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { group } from '../harness/group.js';

group('progress', (test) => {
  test('a log gets a line for each unfinished symbol, and none for finished ones', async () => {
    const stream = new CapturedStream();
    const display = createPlainProgress(stream, 'backfill', 20);
    display.update({ symbol: 'BTCUSDT', done: 1200, total: 43_200, unit: 'minutes' });
    display.update({ symbol: 'ETHUSDT', done: 60, total: 60, unit: 'minutes' });
    await sleep(50);
    display.stop();
    assert.is(stream.text.split('\n')[0], 'backfill BTCUSDT: 1,200 of 43,200 minutes (2 %)');
    assert.not.match(stream.text, 'ETHUSDT');
  });

  test('a short job logs no progress', async () => {
    const stream = new CapturedStream();
    const display = createPlainProgress(stream, 'ingest');
    display.update({ symbol: 'BTCUSDT', done: 0, total: 1, unit: 'minutes' });
    await sleep(20);
    display.stop();
    assert.is(stream.text, '');
  });

  test('--quiet prints messages only', () => {
    const stream = new CapturedStream();
    const display = createMessageDisplay(stream);
    display.update({ symbol: 'BTCUSDT', done: 1, total: 4, unit: 'minutes' });
    display.message('error\n');
    display.stop();
    assert.is(stream.text, 'error\n');
  });
});
