import * as assert from 'uvu/assert';
import { readResponse } from '../../../src/exchange/http/read-response.js';
import { RequestError } from '../../../src/exchange/http/request-error.js';
import { group } from '../../harness/group.js';

const NOW = Date.UTC(2025, 5, 1, 12);
const DATE = new Date(NOW).toUTCString();

function problem(status: number, body: unknown, headers: Record<string, string> = {}): RequestError {
  try {
    readResponse({ status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) }, 'api.test', NOW);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error('the answer was accepted');
}

group('readAnswer', (test) => {
  test('the JSON of a good answer is its body', () => {
    assert.equal(readResponse({ status: 200, headers: {}, text: '[1,"2"]' }, 'api.test', NOW), [1, '2']);
  });

  const cases: [string, RequestError, string, string][] = [
    ['500', problem(500, ''), 'server', 'SERVER_ERROR'],
    ['a gateway page', problem(502, '<html>'), 'server', 'SERVER_ERROR'],
    ['-1001 with status 400', problem(400, { code: -1001, msg: 'Internal error' }), 'server', 'SERVER_ERROR'],
    ['-1007 with status 200', problem(200, { code: -1007, msg: 'Timeout' }), 'server', 'SERVER_ERROR'],
    ['-1008', problem(400, { code: -1008, msg: 'Server busy' }), 'server', 'SERVER_ERROR'],
    ['429', problem(429, {}), 'limited', 'RATE_LIMITED'],
    ['-1003', problem(400, { code: -1003, msg: 'Too many requests' }), 'limited', 'RATE_LIMITED'],
    ['418', problem(418, {}), 'banned', 'BANNED'],
    ['451', problem(451, { code: 0, msg: 'restricted location' }), 'blocked', 'RESTRICTED'],
    ['403 of a firewall', problem(403, '<html>'), 'blocked', 'FORBIDDEN'],
    ['a redirect', problem(302, '', { location: 'https://elsewhere.test/' }), 'blocked', 'REDIRECTED'],
    ['-1121', problem(400, { code: -1121, msg: 'Invalid symbol.' }), 'refused', 'UNKNOWN_SYMBOL'],
    ['-1100', problem(400, { code: -1100, msg: 'Illegal characters' }), 'refused', 'REFUSED'],
    ['404', problem(404, { message: 'NotFound' }), 'refused', 'REFUSED'],
    ['HTML with status 200', problem(200, '<!doctype html>'), 'invalid', 'BAD_ANSWER'],
    ['half of a JSON text', problem(200, '[[1,"2"'), 'invalid', 'BAD_ANSWER'],
    ['an empty body', problem(200, ''), 'invalid', 'BAD_ANSWER'],
  ];
  for (const [what, { kind, code }, expectedKind, expectedCode] of cases) {
    test(`${what} is ${expectedKind}`, () => assert.equal([kind, code], [expectedKind, expectedCode]));
  }

  test('Retry-After counts seconds', () => {
    assert.is(problem(429, {}, { 'retry-after': '7' }).retryAfterMs, 7000);
    assert.is(problem(503, '', { 'retry-after': '3' }).retryAfterMs, 3000);
  });

  test("Retry-After names a time, measured by the answer's own date", () => {
    const headers = { date: DATE, 'retry-after': new Date(NOW + 90_000).toUTCString() };
    assert.is(problem(429, {}, headers).retryAfterMs, 90_000);
    assert.is(problem(429, {}, { 'retry-after': new Date(NOW - 90_000).toUTCString() }).retryAfterMs, 0);
  });

  test('a wait is at most three days, the longest ban', () => {
    const threeDays = 3 * 86_400_000;
    for (const text of ['999999999', '9'.repeat(400), 'Fri, 01 Jun 2125 12:00:00 GMT']) {
      assert.is(problem(429, {}, { date: DATE, 'retry-after': text }).retryAfterMs, threeDays, text);
    }
    assert.is(
      problem(418, { code: -1003, msg: 'IP banned until 9999999999999.' }, { date: DATE }).retryAfterMs,
      threeDays,
    );
  });

  test('a Retry-After in which JavaScript alone finds a time is as none', () => {
    for (const text of ['-5', '1.5', '1e3', '2025-06-01']) {
      assert.is(problem(429, {}, { date: DATE, 'retry-after': text }).retryAfterMs, undefined, text);
    }
  });

  test('control characters of a response are replaced in messages', () => {
    const said = '\u001b[2J\u009b31m\u202eevil\u0007\nnext';
    const { message } = problem(400, { code: -1, msg: said });
    assert.match(message, /evil/);
    assert.not.match(message, /[\p{Cc}\p{Cf}]/u);
    assert.not.match(problem(500, said).message, /[\p{Cc}\p{Cf}]/u);
  });

  test('an invalid Retry-After is ignored', () => {
    assert.is(problem(429, {}, { 'retry-after': 'soon' }).retryAfterMs, undefined);
    assert.is(problem(429, {}).retryAfterMs, undefined);
  });

  test('the end of a ban is read from the header or from the message', () => {
    const msg = `Way too much request weight used; IP banned until ${NOW + 120_000}. Please use WebSocket Streams.`;
    assert.is(problem(418, { code: -1003, msg }, { date: DATE }).retryAfterMs, 120_000);
    assert.is(problem(418, { code: -1003, msg }, { date: DATE, 'retry-after': '60' }).retryAfterMs, 60_000);
  });

  test('messages name the host and are short', () => {
    const { message } = problem(500, { code: -1000, msg: 'x'.repeat(5000) });
    assert.match(message, /^api\.test answered 500: x+\.\.\.$/);
    assert.ok(message.length < 200);
  });
});
