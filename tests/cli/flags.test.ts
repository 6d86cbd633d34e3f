import * as assert from 'uvu/assert';
import { Flags } from '../../src/cli/flags.js';
import { readPastMinutes, readRange } from '../../src/cli/range-flags.js';
import { readSymbols } from '../../src/cli/symbol-choice.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

const given = (raw: Record<string, unknown>) => new Flags(raw, '/tmp');

function problemOf(read: (flags: Flags) => unknown, raw: Record<string, unknown>): string {
  const flags = given(raw);
  read(flags);
  try {
    flags.problems.throwIfAny();
  } catch (error) {
    if (error instanceof Failure) return error.message;
  }
  return 'no problem';
}

group('flags', (test) => {
  test('a text that no file and no database can take is refused', () => {
    assert.is(
      problemOf((flags) => flags.text('--reason'), { reason: 'a\u0000b' }),
      '--reason holds a NUL character',
    );
  });

  test('a count is a whole number within its bounds, both included', () => {
    const bounds = { min: 1, max: 10 };
    assert.is(given({ hours: '1' }).count('--hours', bounds), 1);
    assert.is(given({ hours: '10' }).count('--hours', bounds), 10);
    for (const text of ['0', '11', '1.5', '-1', '1e1', '0x1', 'ten', 'NaN', '١']) {
      assert.is(
        problemOf((flags) => flags.count('--hours', bounds), { hours: text }),
        `--hours was "${text}"`,
      );
    }
  });

  test('a number may have decimals, but is finite and plain', () => {
    const bounds = { min: 0, max: 1 };
    assert.is(given({ threshold: '0.05' }).number('--threshold', bounds), 0.05);
    assert.is(given({ threshold: '.5' }).number('--threshold', bounds), 0.5);
    for (const text of ['1.01', '-0.1', 'Infinity', '5%', '0,05', '1.']) {
      assert.is(
        problemOf((flags) => flags.number('--threshold', bounds), { threshold: text }),
        `--threshold was "${text}"`,
      );
    }
  });

  test('an empty text is a problem, not a missing flag', () => {
    assert.is(
      problemOf((flags) => flags.text('--out'), { out: ' ' }),
      '--out was empty',
    );
  });

  test('several problems are told together', () => {
    const message = problemOf(
      (flags) => [flags.count('--hours', { min: 1, max: 2 }), flags.needs('--reason', '--accept')],
      {
        hours: 'x',
        reason: 'y',
      },
    );
    assert.is(message, '--hours was "x" (expected a whole number in the range 1 to 2); --reason needs --accept');
  });

  test('a range is half-open and has both ends', () => {
    assert.equal(readRange(given({ from: '2025-06-01', to: '2025-06-02' })), {
      from: Date.UTC(2025, 5, 1),
      to: Date.UTC(2025, 5, 2),
    });
    assert.is(problemOf(readRange, { from: '2025-06-01' }), '--from needs --to');
    assert.is(problemOf(readRange, { to: '2025-06-01' }), '--to needs --from');
    assert.match(problemOf(readRange, { from: '2025-06-01', to: '2025-06-01' }), 'the range is empty');
    assert.is(problemOf(readRange, { from: '2025-06-02', to: '2025-06-01' }), '--from is later than --to');
    assert.is(problemOf(readRange, { from: '2999-01-01', to: '2999-01-02' }).split(';').length, 2);
  });

  test('a range is said in one way', () => {
    const read = (flags: Flags) => readRange(flags, '--minutes', '--hours', '--days');
    assert.is(problemOf(read, { hours: '1', to: '2025-06-01' }), '--hours and --to exclude each other');
    assert.is(problemOf(read, { hours: '1', days: '1' }), '--hours and --days exclude each other');
    assert.is(problemOf(read, { hours: '1' }), 'no problem');
  });

  test('hours and days are minutes', () => {
    assert.is(readPastMinutes(given({ hours: '12' })), 720);
    assert.is(readPastMinutes(given({ days: '7' })), 10_080);
    assert.is(readPastMinutes(given({})), undefined);
  });

  test('named symbols replace the configured ones, and --all excludes them', () => {
    assert.equal(readSymbols(given({}), ['btcusdt', 'BTCUSDT'], ['ETHUSDT']), ['BTCUSDT']);
    assert.equal(readSymbols(given({}), [], ['ETHUSDT']), ['ETHUSDT']);
    assert.is(readSymbols(given({ all: true }), [], ['ETHUSDT']), 'all');
    assert.match(
      problemOf((flags) => readSymbols(flags, ['A'], []), { all: true }),
      'exclude each other',
    );
    assert.is(
      problemOf((flags) => readSymbols(flags, [], []), {}),
      'no symbol was named',
    );
  });
});
