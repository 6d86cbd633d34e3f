import * as assert from 'uvu/assert';
import { exitCodeForSymbols, Failure, strongestExitCode, type FailureKind } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

const failed = (kind: FailureKind) => ({ failure: new Failure(kind, kind) });
const done = {};

group('exit codes', (test) => {
  test('the strongest of several codes wins', () => {
    assert.is(strongestExitCode([0, 3, 10]), 3);
    assert.is(strongestExitCode([3, 11, 75, 1]), 1);
    assert.is(strongestExitCode([2, 130]), 130);
    assert.is(strongestExitCode([]), 0);
  });

  test('some failed symbols make the command incomplete, whatever their failure', () => {
    assert.is(exitCodeForSymbols([failed('failed'), done]), 3);
    assert.is(exitCodeForSymbols([failed('temporary'), done]), 3);
  });

  test('every symbol failed: 75 for temporary failures, 11 for locks, else 1', () => {
    assert.is(exitCodeForSymbols([failed('temporary'), failed('temporary')]), 75);
    assert.is(exitCodeForSymbols([failed('locked'), failed('locked')]), 11);
    assert.is(exitCodeForSymbols([failed('temporary'), failed('failed')]), 1);
  });

  test('an interruption wins over everything else', () => {
    assert.is(exitCodeForSymbols([done, failed('terminated'), failed('failed')]), 143);
  });

  test('undone work is incomplete; nothing to do is done', () => {
    assert.is(exitCodeForSymbols([{ incomplete: true }, done]), 3);
    assert.is(exitCodeForSymbols([]), 0);
  });
});
