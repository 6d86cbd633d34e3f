import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { redactPasswords } from '../../src/core/secrets.js';
import { formatJson, JsonLog, toFailureDocument } from '../../src/terminal/json.js';
import { formatFailure, printFailure } from '../../src/terminal/print-failure.js';
import { createJsonProgress } from '../../src/terminal/progress.js';
import { createPaint } from '../../src/terminal/screen.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { group } from '../harness/group.js';

const plain = createPaint(false, {}, true);

group('output', (test) => {
  test('dates are ISO 8601 in JSON, numbers stay numbers', () => {
    const noon = Date.UTC(2025, 5, 1, 12);
    const document = { minutes: 1, at: new Date(noon), spans: [{ on: new Date(noon + 5) }], none: undefined };
    assert.equal(JSON.parse(formatJson(document)), {
      minutes: 1,
      at: '2025-06-01T12:00:00Z',
      spans: [{ on: '2025-06-01T12:00:00.005Z' }],
    });
  });

  test('a JSON document is one line', () => {
    assert.is(formatJson({ a: 'x\ny', b: [1] }), '{"a":"x\\ny","b":[1]}\n');
  });

  test('a failure is two lines: message and hint', () => {
    const failure = new Failure('usage', '--hours was "x"', { hint: 'expected a number' });
    assert.is(formatFailure(failure, plain), 'error: --hours was "x"\nhint:  expected a number\n');
  });

  test('a failure names its symbol once', () => {
    assert.is(formatFailure(new Failure('failed', 'gone'), plain, 'BTCUSDT'), 'error: BTCUSDT: gone\n');
    assert.is(formatFailure(new Failure('failed', 'BTCUSDT: gone'), plain, 'BTCUSDT'), 'error: BTCUSDT: gone\n');
  });

  test('a bug shows its stack in text and its message in JSON', () => {
    assert.match(formatFailure(new TypeError('oops'), plain), /^bug: TypeError: oops\n +at /);
    assert.equal(toFailureDocument(new TypeError('oops')), { code: 'BUG', message: 'oops' });
  });

  test('colours need a terminal, and NO_COLOR and --no-color switch them off', () => {
    assert.is(createPaint(true, {}, true).red('x'), '\u001b[31mx\u001b[39m');
    assert.is(createPaint(true, { NO_COLOR: '1' }, true).red('x'), 'x');
    assert.is(createPaint(true, {}, false).red('x'), 'x');
    assert.is(createPaint(false, {}, true).red('x'), 'x');
  });

  test('a password is masked also where the terminal is narrow', () => {
    const text = 'connect postgres://me:a long secret with words@host:5432/db failed';
    for (const failure of [new Failure('failed', text), new Failure('failed', 'x', { hint: text })]) {
      for (const columns of [20, 30, 40, 50])
        assert.not.match(formatFailure(failure, plain, '', columns), /secret|words/);
    }
  });

  test('the password of a URL is redacted', () => {
    for (const password of ['secret', 'se/cr?et', 'se@cret', 'se:cret#']) {
      const text = redactPasswords(`connect postgres://me:${password}@host:5432/db failed`);
      assert.is(text, 'connect postgres://me:***@host:5432/db failed');
    }
    assert.is(redactPasswords('at http://127.0.0.1:8080/a'), 'at http://127.0.0.1:8080/a');
  });
});

function openLog() {
  const target = new CapturedStream();
  const lines = () =>
    target.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log: new JsonLog(target, 'ingest'), lines };
}

group('JsonLog', (test) => {
  test('written text becomes an object a line, however it is cut', async () => {
    const { log, lines } = openLog();
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

  test('the password of a URL is redacted in every member', async () => {
    const { log, lines } = openLog();
    await log.log({ level: 'warn', message: 'a postgres://me:secret@h/x b', hint: 'http://u:pw@h' });
    assert.equal([lines()[0]!.message, lines()[0]!.hint], ['a postgres://me:***@h/x b', 'http://u:***@h']);
  });

  test('a bug has its stack', async () => {
    const { log, lines } = openLog();
    await printFailure(log, new TypeError('oops'), createPaint(false, {}, false));
    const [bug] = lines();
    assert.equal([bug!.level, bug!.code, bug!.message], ['error', 'BUG', 'oops']);
    assert.match(String(bug!.stack), /^TypeError: oops\n +at /);
  });

  test('progress is a line for each unfinished symbol in every interval, with its numbers', async () => {
    const { log, lines } = openLog();
    const display = createJsonProgress(log, 20);
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
