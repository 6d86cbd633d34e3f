import * as assert from 'uvu/assert';
import { formatFailure, toFailureDocument } from '../../src/cli/failure-text.js';
import { formatJson } from '../../src/cli/json-document.js';
import { createPaint } from '../../src/cli/paint.js';
import { redactPasswords } from '../../src/cli/redact.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

const plain = createPaint(false, {}, true);

group('output', (test) => {
  test('minutes and dates are ISO 8601 in JSON, counts stay numbers', () => {
    const noon = Date.UTC(2025, 5, 1, 12);
    const document = {
      range: { from: noon, to: noon + 60_000 },
      minute: noon,
      minutes: 1,
      at: new Date(noon),
      none: undefined,
    };
    assert.equal(JSON.parse(formatJson(document)), {
      range: { from: '2025-06-01T12:00:00Z', to: '2025-06-01T12:01:00Z' },
      minute: '2025-06-01T12:00:00Z',
      minutes: 1,
      at: '2025-06-01T12:00:00.000Z',
    });
  });

  test('a JSON document is one line', () => {
    assert.is(formatJson({ a: 'x\ny', b: [1] }), '{"a":"x\\ny","b":[1]}\n');
  });

  test('a failure is two lines: what was wrong, what to do', () => {
    const failure = new Failure('usage', '--hours was "x"', { hint: 'expected a number' });
    assert.is(formatFailure(failure, plain), 'error: --hours was "x"\nhint:  expected a number\n');
  });

  test('a failure names its symbol once', () => {
    assert.is(formatFailure(new Failure('failed', 'gone'), plain, 'BTCUSDT'), 'error: BTCUSDT: gone\n');
    assert.is(formatFailure(new Failure('failed', 'BTCUSDT: gone'), plain, 'BTCUSDT'), 'error: BTCUSDT: gone\n');
  });

  test('a bug shows its stack to people and its message to programs', () => {
    assert.match(formatFailure(new TypeError('oops'), plain), /^bug: TypeError: oops\n +at /);
    assert.equal(toFailureDocument(new TypeError('oops')), { code: 'BUG', message: 'oops' });
  });

  test('colours are there for a terminal only, and never against a wish', () => {
    assert.is(createPaint(true, {}, true).red('x'), '\u001b[31mx\u001b[39m');
    assert.is(createPaint(true, { NO_COLOR: '1' }, true).red('x'), 'x');
    assert.is(createPaint(true, {}, false).red('x'), 'x');
    assert.is(createPaint(false, {}, true).red('x'), 'x');
  });

  test('a password inside a URL never passes', () => {
    for (const password of ['secret', 'se/cr?et', 'se@cret', 'se:cret#']) {
      const text = redactPasswords(`connect postgres://me:${password}@host:5432/db failed`);
      assert.is(text, 'connect postgres://me:***@host:5432/db failed');
    }
    assert.is(redactPasswords('at http://127.0.0.1:8080/a'), 'at http://127.0.0.1:8080/a');
  });
});
