import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { COMMAND_PATTERN, splitCommand, toShellCommand } from '../../src/core/shell-words.js';
import { group } from '../harness/group.js';

const RUNS = { numRuns: 2000, seed: 20261122 };
const WORD = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '\n', '$') }));

group('a command as one line', (test) => {
  test('is split into the same words again', () => {
    fc.assert(
      fc.property(fc.array(WORD, { minLength: 1 }), (words) => {
        assert.equal(splitCommand(toShellCommand(words)), words);
      }),
      RUNS,
    );
  });

  test('stays readable', () => {
    assert.is(toShellCommand(['python3', 'train.py', '--note', 'new data']), "python3 train.py --note 'new data'");
  });

  test('COMMAND_PATTERN matches exactly what splitCommand accepts', () => {
    const pattern = new RegExp(COMMAND_PATTERN, 'u');
    fc.assert(
      fc.property(WORD, (text) => {
        fc.pre(!text.includes('\u0000'));
        assert.is(pattern.test(text), isAccepted(text), JSON.stringify(text));
      }),
      RUNS,
    );
  });
});

function isAccepted(text: string): boolean {
  try {
    return splitCommand(text).length > 0;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

group('splitCommand', (test) => {
  const split: [string, string[]][] = [
    ['train', ['train']],
    ['  python  train.py ', ['python', 'train.py']],
    [`python -c "print('new data')"`, ['python', '-c', "print('new data')"]],
    [`a 'b c' "d e"f`, ['a', 'b c', 'd ef']],
    [`a "" ''`, ['a', '', '']],
    [`a b\\ c "d\\"e" 'f\\g'`, ['a', 'b c', 'd"e', 'f\\g']],
    ['echo $HOME; rm *', ['echo', '$HOME;', 'rm', '*']],
  ];
  for (const [text, words] of split) {
    test(`${text} is ${words.length} words`, () => {
      assert.equal(splitCommand(text), words);
    });
  }

  for (const text of ['', '   ', 'a "b', "a 'b"]) {
    test(`"${text}" is refused`, () => {
      assert.throws(
        () => splitCommand(text),
        (error: unknown) => error instanceof Failure && error.kind === 'usage',
      );
    });
  }
});
