import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readManual } from '../src/commands/framework/manual/read-manual.js';
import { fillBlocks } from '../src/commands/framework/manual/reference.js';
import { declareProgram } from '../src/commands/commands.js';
import { EXIT_CODES } from '../src/core/failure.js';
import * as api from '../src/index.js';
import { group } from './harness/group.js';

const README = readFileSync('README.md', 'utf8');
const program = declareProgram();
const manual = readManual(program);

group('the manual', (test) => {
  test('has a section for each command, and for no other', () => {
    const commands = manual.commands.map(({ name }) => name).filter((name) => name !== 'demo');
    const sections = [...README.matchAll(/^### chartctl (\S+)$/gm)].map(([, name]) => name);
    assert.equal(sections.sort(), commands.sort());
  });

  test('says of commands, flags, settings and exit codes what the program declares', () => {
    assert.fixture(fillBlocks(README, manual), README, 'run: npm run docs');
  });

  test('shows an example of each command, and of nothing else', () => {
    for (const { name, examples } of manual.commands) {
      assert.ok(examples.length > 0, `${name} has no example: declare some with addHelpNotes`);
      const strangers = examples.filter(([line]) => !/\bchartctl [a-z]/.test(line));
      assert.equal(strangers, [], name);
    }
  });

  test('names only commands and flags that there are', () => {
    for (const [line, name, rest] of README.matchAll(/\bchartctl ([a-z-]+)([^`\n;|#]*)/g)) {
      const command = program.commands.find((candidate) => candidate.name() === name);
      if (!command && !line.includes('--')) continue; // it is prose
      assert.ok(command, `there is no command "${name}": ${line}`);
      const known = new Set(['--help', ...command.options.map((option) => option.long)]);
      const beforeQuoted = rest!.split('"')[0]!;
      for (const [flag] of beforeQuoted.matchAll(/--[a-z-]+/g)) assert.ok(known.has(flag), `${flag}: ${line}`);
    }
    const flags = new Set(program.commands.flatMap((command) => command.options.map((option) => option.long)));
    for (const [, flag] of README.matchAll(/`(--[a-z-]+)[ `]/g)) assert.ok(flags.has(flag) || flag === '--help', flag);
  });

  test('names every environment variable that the program reads', () => {
    for (const [, variable] of readSources('src').matchAll(/environment\.([A-Z][A-Z_]+)|'(CHARTCTL_[A-Z]+_URL)'/g)) {
      if (!variable || /^(HOME|LOCALAPPDATA|USERPROFILE)$/.test(variable)) continue;
      assert.ok(README.includes(variable), variable);
    }
  });

  test('names every trial of what must not be lost, and no other', () => {
    const section = README.slice(README.indexOf('## Nothing lost'), README.indexOf('## From a program'));
    const named = [...section.matchAll(/`npm run test:long -- (?:--seed \d+ )?(tests\/trials\/\S+)` +\|$/gm)].map(
      ([, file]) => file!,
    );
    assert.equal([...new Set(named)].sort(), findTests('tests/trials').sort());
    assert.match(section, /^\| .* \| nothing +\| /m);
    assert.not.match(section, /^\| [^|]* \| [^|]* \| +\d/m);
  });

  test('explains every exit code', () => {
    const codes = Object.values(EXIT_CODES).sort((a, b) => a - b);
    const section = README.slice(README.indexOf('## Exit codes'), README.indexOf('## Scheduling'));
    const rows = [...section.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell]) => cell!.split(',').map(Number));
    assert.equal(rows, codes);
  });

  test('names every dependency, and every function that programs may import', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
    for (const name of Object.keys(dependencies)) assert.ok(README.includes(`\`${name}\``), name);
    const functions = README.slice(README.indexOf('| function'), README.indexOf('## How the code'));
    const named = [...functions.matchAll(/`(\w+)\([^`]*\)`(?:,| +\|)/g)].map(([, name]) => name!);
    const exported = Object.entries(api).filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name));
    assert.equal(named.sort(), exported.map(([name]) => name).sort());
  });

  test('shows every example as it is compiled and run', () => {
    const section = README.slice(README.indexOf('## From a program'), README.indexOf('## How the code'));
    const shown = [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program]) => program!);
    const files = readdirSync('tests/examples').filter((name) => !name.endsWith('.test.ts'));
    const programs = files.map((name) => readFileSync(join('tests/examples', name), 'utf8'));
    assert.ok(programs.length > 5);
    assert.equal(shown.sort(), programs.sort());
  });

  test('links to headings that there are, and speaks of files that there are', () => {
    const anchors = [...README.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, anchor] of README.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.includes(anchor!), anchor);
    for (const [, path] of README.matchAll(/((?:tests|src|migrations)\/[\w./-]*\w)/g)) {
      assert.ok(existsSync(path!), path);
    }
  });
});

function readSources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

function findTests(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`);
}
