import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import * as assert from 'uvu/assert';
import { readManual } from '../src/commands/framework/manual/read-manual.js';
import { fillBlocks } from '../src/commands/framework/manual/reference.js';
import { declareProgram } from '../src/commands/commands.js';
import { EXIT_CODES } from '../src/core/failure.js';
import * as api from '../src/index.js';
import { group } from './harness/group.js';

const MAX_README_BYTES = 30 * 1024;
const REFERENCE = 'src/commands/README.md';
const API_PAGE = 'src/jobs/api/README.md';
const TRIALS_PAGE = 'tests/trials/README.md';

const PAGES = ['README.md', ...['src', 'migrations', 'tests'].flatMap(findPages)];
const TEXTS = new Map(PAGES.map((page) => [page, readFileSync(page, 'utf8')]));

function textOf(page: string): string {
  const text = TEXTS.get(page);
  if (text === undefined) throw new Error(`there is no page ${page}`);
  return text;
}

const program = declareProgram();
const manual = readManual(program);

group('the README', (test) => {
  test('is short enough to be read', () => {
    const bytes = Buffer.byteLength(textOf('README.md'));
    assert.ok(bytes <= MAX_README_BYTES, `${bytes} bytes`);
  });

  test('has the two set-up commands before any other section', () => {
    const beginning = textOf('README.md').slice(0, textOf('README.md').indexOf('## What is a valid row?'));
    for (const command of ['$ npm ci && npm start', '$ npm ci && npm test']) assert.ok(beginning.includes(command));
  });

  test('names every command with an example', () => {
    const table = textOf('README.md').split('## Commands')[1]!.split('## Production')[0]!;
    for (const { name, examples } of manual.commands) {
      assert.ok(
        examples.some(([line]) => table.includes(`\`${line.replaceAll('|', '\\|')}\``)),
        name,
      );
    }
  });

  test('explains every exit code', () => {
    const codes = Object.values(EXIT_CODES).sort((a, b) => a - b);
    const section = textOf('README.md').split('## Exit codes')[1]!.split('## JSON')[0]!;
    const rows = [...section.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell]) => cell!.split(',').map(Number));
    assert.equal(rows, codes);
  });

  test('names every dependency', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
    for (const name of Object.keys(dependencies)) assert.ok(textOf('README.md').includes(`\`${name}\``), name);
  });
});

group('the reference of commands', (test) => {
  test('has a section for each command, and for no other', () => {
    const commands = manual.commands.map(({ name }) => name);
    const sections = [...textOf(REFERENCE).matchAll(/^#+ chartctl (\S+)$/gm)].map(([, name]) => name);
    assert.equal(sections.sort(), commands.sort());
  });

  for (const page of ['README.md', REFERENCE]) {
    test(`${page} says of commands, flags, settings and exit codes what the program declares`, () => {
      assert.fixture(fillBlocks(textOf(page), manual), textOf(page), 'run: npm run docs');
    });
  }

  test('has an example of each command that calls chartctl', () => {
    for (const { name, examples } of manual.commands) {
      assert.ok(examples.length > 0, `${name} has no example`);
      const strangers = examples.filter(([line]) => !/\bchartctl [a-z]/.test(line));
      assert.equal(strangers, [], name);
    }
  });

  test('names every environment variable that the program reads', () => {
    for (const [, variable] of readSources('src').matchAll(/environment\.([A-Z][A-Z_]+)|'(CHARTCTL_[A-Z]+_URL)'/g)) {
      if (!variable || /^(HOME|LOCALAPPDATA|USERPROFILE)$/.test(variable)) continue;
      assert.ok(textOf(REFERENCE).includes(variable), variable);
    }
  });
});

group('the page of the API', (test) => {
  test('names every function that programs may import', () => {
    const table = textOf(API_PAGE).slice(0, textOf(API_PAGE).indexOf('```'));
    const named = [...table.matchAll(/`(\w+)\([^`]*\)`(?:,| +\|)/g)].map(([, name]) => name!);
    const exported = Object.entries(api).filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name));
    assert.equal(named.sort(), exported.map(([name]) => name).sort());
  });

  test('shows every example as it is compiled and run, and the README shows one of them', () => {
    const files = readdirSync('tests/examples').filter((name) => !name.endsWith('.test.ts'));
    const programs = files.map((name) => readFileSync(join('tests/examples', name), 'utf8'));
    assert.ok(programs.length > 5);
    assert.equal(findPrograms(API_PAGE).sort(), programs.sort());
    const [shown, ...others] = findPrograms('README.md');
    assert.ok(programs.includes(shown!));
    assert.equal(others, []);
  });
});

group('the page of the trials', (test) => {
  test('names every trial, and no other', () => {
    const named = [
      ...textOf(TRIALS_PAGE).matchAll(/`npm run test:long -- (?:--seed \d+ )?(tests\/trials\/\S+)` +\|$/gm),
    ];
    assert.equal([...new Set(named.map(([, file]) => file!))].sort(), findTests('tests/trials').sort());
  });

  test('says that nothing was lost in any of them', () => {
    assert.match(textOf(TRIALS_PAGE), /^\| .* \| nothing +\| /m);
    assert.not.match(textOf(TRIALS_PAGE), /^\| [^|]* \| [^|]* \| +\d/m);
  });
});

group('every page', (test) => {
  for (const page of PAGES) {
    test(`${page} says in its first line what it is for`, () => {
      const [title = '', blank, first = ''] = textOf(page).split('\n');
      assert.match(title, /^# \S/);
      assert.is(blank, '');
      assert.match(first, /^[A-Za-z`].*\.$/);
    });

    test(`${page} names only commands and flags that exist`, () => {
      const text = textOf(page);
      for (const [line, name, rest] of text.matchAll(/\bchartctl ([a-z-]+)([^`\n;|#&]*)/g)) {
        const command = program.commands.find((candidate) => candidate.name() === name);
        if (!command && !line.includes('--')) continue; // it is prose
        assert.ok(command, `there is no command "${name}": ${line}`);
        const known = new Set(['--help', ...command.options.map((option) => option.long)]);
        const beforeQuoted = rest!.split('"')[0]!;
        for (const [flag] of beforeQuoted.matchAll(/--[a-z-]+/g)) assert.ok(known.has(flag), `${flag}: ${line}`);
      }
    });

    test(`${page} links to pages and headings that exist, and names files that exist`, () => {
      const text = textOf(page);
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? page : join(dirname(page), file);
        assert.ok(existsSync(path), `${target}: no such file`);
        if (anchor !== undefined) assert.ok(findAnchors(path).includes(anchor), `${target}: no such heading`);
      }
      for (const [, path] of text.matchAll(/`((?:tests|src|migrations)\/[\w./-]*\w)`/g)) {
        assert.ok(existsSync(path!), `${path}: no such file`);
      }
    });
  }
});

function findPages(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('README.md')).map((name) => join(folder, name));
}

/** The anchors that a code host makes of the headings of a page. */
function findAnchors(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function findPrograms(page: string): string[] {
  return [...textOf(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text!);
}

function readSources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

function findTests(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}
