import { format } from 'prettier';
import * as assert from 'uvu/assert';
import type { Manual } from '../../../../src/commands/framework/manual/manual.js';
import { readManual } from '../../../../src/commands/framework/manual/read-manual.js';
import { fillReadme, toMarkdown } from '../../../../src/commands/framework/manual/reference.js';
import { declareProgram } from '../../../../src/commands/commands.js';
import { group } from '../../../harness/group.js';

const WHOLE = readManual(declareProgram());
const MANUAL: Manual = { ...WHOLE, commands: WHOLE.commands.filter(({ name }) => name === 'undo' || name === 'jobs') };

const README = `# x

- [Commands](#commands): of old

### chartctl jobs

Prose.

\`\`\`sh
# a comment, no heading
\`\`\`

### chartctl undo

More prose.
`;

group('the generated parts of the README', (test) => {
  test('go to the end of a section that has none, behind code with comments, and leave the rest alone', () => {
    const filled = fillReadme(README, MANUAL);
    assert.match(filled, '# a comment, no heading\n```\n\n<!-- npm run docs: jobs -->\n\n<details>');
    assert.match(
      filled,
      '</details>\n\n<!-- end -->\n\n### chartctl undo\n\nMore prose.\n\n<!-- npm run docs: undo -->',
    );
    assert.match(filled, '- [Commands](#commands): [undo](#chartctl-undo) · [jobs](#chartctl-jobs)\n');
    const kept = filled.replaceAll(/<!-- npm run docs: \w+ -->[^]*?<!-- end -->\n\n?/g, '').trimEnd();
    assert.is(
      kept,
      fillReadme(README, { ...MANUAL, commands: [] })
        .trimEnd()
        .replace(/: $/m, kept.match(/: \[.*$/m)![0]),
    );
  });

  test('are replaced by what is declared now, and the same when nothing changed', () => {
    const filled = fillReadme(README, MANUAL);
    assert.is(fillReadme(filled, MANUAL), filled);
    const old = filled.replaceAll('how many', 'how few').replace('--limit', '--limits');
    assert.is.not(old, filled);
    assert.is(fillReadme(old, MANUAL), filled);
  });

  test('are refused where the end is not marked', () => {
    assert.throws(() => fillReadme('<!-- npm run docs: jobs -->\n', MANUAL), /is not followed by "<!-- end -->"/);
  });

  test('are what Prettier would make of them, whatever a description holds', async () => {
    const odd = 'a|b <x> *c* _d_ [e](f) `g|h` \\i --all-of CHARTCTL_X #j 1. k ~l~ é 漢';
    const [command] = MANUAL.commands;
    const options = [{ ...command!.options[0]!, description: odd, flags: '--odd <a|b>', isShared: false }];
    const filled = fillReadme(README, { ...MANUAL, commands: [{ ...command!, options, description: odd }] });
    assert.is(await format(filled, { parser: 'markdown', printWidth: 120 }), filled);
  });

  test('set flags and variables as code, and show everything else as it is', () => {
    assert.is(
      toMarkdown('with --dry-run or NO_COLOR: URL/<exit code>, a_b *c*'),
      'with `--dry-run` or `NO_COLOR`: URL/\\<exit code>, a\\_b \\*c\\*',
    );
  });
});
