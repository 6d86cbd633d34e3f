import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { formatManPage } from '../../../../src/commands/framework/manual/man-page.js';
import type { Manual } from '../../../../src/commands/framework/manual/manual.js';
import { readManual } from '../../../../src/commands/framework/manual/read-manual.js';
import { declareProgram } from '../../../../src/commands/commands.js';
import { RELEASED } from '../../../../src/core/version.js';
import { group } from '../../../harness/group.js';

const MANUAL = readManual(declareProgram());
const PAGE = formatManPage(MANUAL);

/** A text of characters with a meaning to formatters of manual pages. */
const ODD = `.so /etc/passwd and 'quoted' \\fBback\\e~ --a-b ^ \`c\` "d" %e é`;
const FIRST = "'br and .TH x";

const hasMandoc = spawnSync('mandoc', ['-V']).error === undefined;
const hasMan = spawnSync('man', ['--version']).error === undefined;

/** The page as a terminal of this width shows it, without overstriking. */
function render(page: string, width = 400): string {
  const text = execFileSync('mandoc', ['-T', 'utf8', '-O', `width=${width}`], { input: page, encoding: 'utf8' });
  return text.replaceAll(new RegExp(`.${String.fromCharCode(8)}`, 'gu'), '');
}

function oddManual(): Manual {
  const [command] = MANUAL.commands;
  const odd = {
    ...command!,
    name: 'odd',
    description: ODD,
    notes: [FIRST, ODD],
    examples: [[`chartctl odd ${ODD}`, ODD] as const],
  };
  return { ...MANUAL, description: ODD, commands: [odd], environment: [], files: [[ODD, ODD]] };
}

group('the manual page', (test) => {
  test('has every command, flag, variable and exit code', () => {
    const text = PAGE.replaceAll('\\-', '-').replaceAll(/\\f[BIR]/g, '');
    for (const { name, options } of MANUAL.commands) {
      assert.match(text, `\n.SS chartctl ${name}`);
      for (const { flags } of options) assert.ok(text.includes(`\n${flags}\n`), `${name} ${flags}`);
    }
    for (const { name } of MANUAL.environment) assert.ok(text.includes(`\n${name}\n`), name);
    for (const [code, meaning] of MANUAL.exitCodes) assert.ok(text.includes(`\n${code}\n${meaning}`), code);
  });

  test('bears the day of the version, so that a build of tomorrow makes the same', () => {
    assert.match(PAGE, `.TH CHARTCTL 1 ${RELEASED} "chartctl ${MANUAL.version}"`);
    assert.match(RELEASED, /^\d{4}-\d\d-\d\d$/);
  });

  test('is the file that package.json names, as built', () => {
    const { man, files } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<'man' | 'files', string[]>;
    assert.ok(Array.isArray(man), 'npm links manual pages only from an array');
    assert.is(readFileSync(man[0]!, 'utf8'), PAGE);
    assert.ok(files.some((folder) => man[0]!.startsWith(`./${folder}/`)));
  });

  if (!hasMandoc) test.skip('is correct and says what was meant', 'no mandoc here (apt install mandoc)');
  else {
    test('mandoc has no warning, for any description', () => {
      for (const page of [PAGE, formatManPage(oddManual())]) {
        const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], {
          input: page,
          encoding: 'utf8',
        });
        assert.is(stdout + stderr, '');
      }
    });

    test('shows every character as it was', () => {
      const text = render(formatManPage(oddManual()));
      assert.is(text.split(ODD).length - 1, 7, text);
      assert.match(text, FIRST);
    });

    test('fits 80 columns', () => {
      const wide = render(PAGE, 78)
        .split('\n')
        .filter((line) => line.length > 80);
      assert.equal(wide, []);
    });
  }

  if (!hasMan) test.skip('man has nothing to warn of', 'no man here (apt install man-db)');
  else {
    test('man has nothing to warn of', () => {
      const { status, stderr } = spawnSync('man', ['--warnings', '-l', '-'], {
        input: PAGE,
        encoding: 'utf8',
        env: { ...process.env, MANPAGER: 'cat', MANWIDTH: '80' },
      });
      assert.is(stderr, '');
      assert.is(status, 0);
    });
  }
});
