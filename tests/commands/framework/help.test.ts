import * as assert from 'uvu/assert';
import { formatHelpText } from '../../../src/commands/framework/help.js';
import { declareProgram } from '../../../src/commands/commands.js';
import { group } from '../../harness/group.js';
import { runInProcess } from '../run-in-process.js';

const NOTES = ['', 'Words:', '  one   what the first means', '  three   what', '', 'A long tale of', 'many words.'];

group('the help below the flags', (test) => {
  test('puts the meaning of an example beside it if it fits, else below', () => {
    const examples = [['chartctl a', 'one'] as const, ['chartctl long b', 'two'] as const];
    const beside = ['', 'Examples:', '  chartctl a       one', '  chartctl long b  two'];
    assert.is(formatHelpText({ notes: [], examples }, 22), beside.join('\n'));
    const below = ['', 'Examples:', '  chartctl a', '      one', '  chartctl long b', '      two'];
    assert.is(formatHelpText({ notes: [], examples }, 21), below.join('\n'));
  });

  test('wraps notes: entries under their meaning, paragraphs whole', () => {
    const text = formatHelpText({ notes: NOTES, examples: [['chartctl a', 'x']] }, 23);
    assert.match(text, '\nWords:\n  one    what the first\n         means\n');
    assert.match(text, '\nA long tale of many\nwords.\n');
  });

  test('of every command fits 80 columns, except for longer words', async () => {
    for (const command of declareProgram().commands) {
      const { stdout, exitCode } = await runInProcess(['help', command.name()], { cwd: '.' });
      assert.is(exitCode, 0);
      const wide = stdout.split('\n').filter((line) => line.length > 80 && !/^Usage: | {2}chartctl |\|/.test(line));
      assert.equal(wide, [], command.name());
    }
  });

  test('is the same by help and by --help, and help alone shows all commands', async () => {
    const [byHelp, byFlag] = [
      ['help', 'backfill'],
      ['backfill', '--help'],
    ];
    assert.equal(await runInProcess(byHelp, { cwd: '.' }), await runInProcess(byFlag, { cwd: '.' }));
    assert.equal(await runInProcess(['help'], { cwd: '.' }), await runInProcess(['--help'], { cwd: '.' }));
  });
});
