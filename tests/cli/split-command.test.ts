import * as assert from 'uvu/assert';
import { splitCommand } from '../../src/cli/split-command.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

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
