import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { toShellCommand } from '../../src/core/quote-for-shell.js';
import { splitCommand } from '../../src/cli/split-command.js';
import { Failure } from '../../src/core/failure.js';
import { COMMAND_PATTERN } from '../../src/core/setting-patterns.js';
import { group } from '../harness/group.js';

const RUNS = { numRuns: 2000, seed: 20261122 };
const WORD = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '\n', '$') }));

group('a command as one line', (test) => {
  test('is taken apart into the same words again', () => {
    fc.assert(
      fc.property(fc.array(WORD, { minLength: 1 }), (words) => {
        assert.equal(splitCommand(toShellCommand(words)), words);
      }),
      RUNS,
    );
  });

  test('is legible', () => {
    assert.is(toShellCommand(['python3', 'train.py', '--note', 'new data']), "python3 train.py --note 'new data'");
  });

  test('is in the schema of the configuration what splitCommand understands', () => {
    const pattern = new RegExp(COMMAND_PATTERN, 'u');
    fc.assert(
      fc.property(WORD, (text) => {
        fc.pre(!text.includes('\u0000'));
        assert.is(pattern.test(text), isUnderstood(text), JSON.stringify(text));
      }),
      RUNS,
    );
  });
});

function isUnderstood(text: string): boolean {
  try {
    return splitCommand(text).length > 0;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
