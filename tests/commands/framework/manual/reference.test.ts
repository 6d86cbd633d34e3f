import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import * as assert from 'uvu/assert';
import { declareProgram } from '../../../../src/commands/commands.js';
import type { Manual } from '../../../../src/commands/framework/manual/manual.js';
import { readManual } from '../../../../src/commands/framework/manual/read-manual.js';
import { fillBlocks, fillReference, toMarkdown } from '../../../../src/commands/framework/manual/reference.js';
import { group } from '../../../harness/group.js';

const WHOLE = readManual(declareProgram());
const MANUAL: Manual = { ...WHOLE, commands: WHOLE.commands.filter(({ name }) => name === 'undo' || name === 'jobs') };

const PAGE = `# x

### chartctl jobs

Prose.

<!-- npm run docs: jobs -->
<!-- end -->

More prose.
`;

group('the generated reference', (test) => {
  test('is up to date', () => {
    const page = readFileSync('src/commands/README.md', 'utf8');
    assert.fixture(fillReference(page, WHOLE), page, 'run: npm run docs');
  });

  test('has a section for each command, and for no other', () => {
    const page = readFileSync('src/commands/README.md', 'utf8');
    const sections = [...page.matchAll(/^### chartctl (\S+)$/gm)].map(([, name]) => name);
    assert.equal(sections.sort(), WHOLE.commands.map(({ name }) => name).sort());
  });

  test('fills what stands between markers, adds sections that are missing, and leaves the rest unchanged', () => {
    const filled = fillReference(PAGE, MANUAL);
    assert.match(filled, 'Prose.\n\n<!-- npm run docs: jobs -->\n\n<details>');
    assert.match(
      filled,
      '</details>\n\n<!-- end -->\n\nMore prose.\n\n### chartctl undo\n\nRestore the rows that a job changed',
    );
    const rest = filled.slice(0, filled.indexOf('\n### chartctl undo')).replace(/(-->\n)[^]*?\n(<!-- end)/, '$1$2');
    assert.is(rest, PAGE);
    assert.is(fillBlocks('no marker\n', MANUAL), 'no marker\n');
  });

  test('is replaced by the present declarations, and is the same when nothing changed', () => {
    const filled = fillReference(PAGE, MANUAL);
    assert.is(fillReference(filled, MANUAL), filled);
    const old = filled.replaceAll('how many', 'how few').replace('--limit', '--limits');
    assert.is.not(old, filled);
    assert.is(fillReference(old, MANUAL), filled);
  });

  test('is refused where the end is not marked, or the block is not known', () => {
    assert.throws(() => fillBlocks('<!-- npm run docs: jobs -->\n', MANUAL), /is not followed by "<!-- end -->"/);
    assert.throws(() => fillBlocks('<!-- npm run docs: job -->\n<!-- end -->', MANUAL), /there is no block "job"/);
  });

  test('has the format of Prettier, whatever a description holds', async () => {
    const odd = 'a|b <x> *c* _d_ [e](f) `g|h` \\i --all-of CHARTCTL_X #j 1. k ~l~ é 漢';
    const command = MANUAL.commands.find(({ name }) => name === 'jobs')!;
    const options = [{ ...command.options[0]!, description: odd, flags: '--odd <a|b>', isShared: false }];
    const filled = fillReference(PAGE, { ...MANUAL, commands: [{ ...command, options, description: odd }] });
    assert.is(await format(filled, { parser: 'markdown', printWidth: 120 }), filled);
  });

  test('sets options and variables as code, and shows everything else as it is', () => {
    assert.is(
      toMarkdown('with --dry-run or NO_COLOR: URL/<exit code>, a_b *c*'),
      'with `--dry-run` or `NO_COLOR`: URL/\\<exit code>, a\\_b \\*c\\*',
    );
  });
});
