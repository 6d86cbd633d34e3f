import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { JsonLog } from '../../src/cli/json-log.js';
import { jsonProgress } from '../../src/cli/progress.js';
import { printFailure } from '../../src/cli/print-failure.js';
import { scanFlag } from '../../src/cli/scan-flag.js';
import { createPaint } from '../../src/cli/paint.js';
import { group } from '../harness/group.js';
import { CapturedStream } from './captured-stream.js';

function open() {
  const target = new CapturedStream();
  const lines = () =>
    target.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log: new JsonLog(target, 'ingest'), lines };
}

group('the log for programs', (test) => {
  test('what is written as text is an object a line, however it is cut', async () => {
    const { log, lines } = open();
    log.write('first li');
    log.write(Buffer.from('ne\nsecond\n\nthi'));
    await new Promise<void>((resolve) => log.end('rd', resolve));
    assert.equal(
      lines().map(({ level, command, message }) => [level, command, message]),
      [
        ['info', 'ingest', 'first line'],
        ['info', 'ingest', 'second'],
        ['info', 'ingest', 'third'],
      ],
    );
  });

  test('no password of an address gets into it, in any field', async () => {
    const { log, lines } = open();
    await log.log({ level: 'warn', message: 'a postgres://me:secret@h/x b', hint: 'http://u:pw@h' });
    assert.equal([lines()[0]!.message, lines()[0]!.hint], ['a postgres://me:***@h/x b', 'http://u:***@h']);
  });

  test('a bug brings its stack', async () => {
    const { log, lines } = open();
    await printFailure(log, new TypeError('oops'), createPaint(false, {}, false));
    const [bug] = lines();
    assert.equal([bug!.level, bug!.code, bug!.message], ['error', 'BUG', 'oops']);
    assert.match(String(bug!.stack), /^TypeError: oops\n +at /);
  });

  test('progress is a line for each unfinished symbol, again and again, with its numbers', async () => {
    const { log, lines } = open();
    const display = jsonProgress(log, 20);
    display.update({ symbol: 'BTCUSDT', done: 1200, total: 43_200, unit: 'minutes' });
    display.update({ symbol: 'ETHUSDT', done: 60, total: 60, unit: 'minutes' });
    await sleep(50);
    display.stop();
    const [first] = lines();
    assert.is(first!.message, 'BTCUSDT: 1,200 of 43,200 minutes (2 %)');
    assert.equal([first!.symbol, first!.done, first!.total, first!.unit], ['BTCUSDT', 1200, 43_200, 'minutes']);
    assert.not.ok(lines().some(({ symbol }) => symbol === 'ETHUSDT'));
  });
});

group('a flag of a call that was not understood', (test) => {
  for (const [argv, found] of [
    [['ingest', '--log-format', 'json', '--x'], 'json'],
    [['ingest', '--log-format=json'], 'json'],
    [['--log-format', 'text', '--log-format=json'], 'json'],
    [['ingest', '--log-formats', 'json'], undefined],
    [['ingest', '--log-format'], undefined],
  ] as const) {
    test(argv.join(' '), () => assert.is(scanFlag(argv, '--log-format'), found));
  }
});
