import type { Command } from 'commander';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { declareProgram } from '../../../src/commands/commands.js';
import { EXIT_CODES } from '../../../src/core/failure.js';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import { group } from '../../harness/group.js';
import { mutatedText } from '../../harness/mutations.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';

/** Values that some flag accepts. */
const VALID_VALUES = [
  ...['2025-06-01T12:00Z', '2025-06-01', '2025-06-02', '2025-06-01T14:00+02:00', '1', '3', '12', '600', '0.05', '1h'],
  ...['fail', 'skip', 'csv', 'jsonl', 'parquet', 'crontab', 'systemd', 'bash', 'zsh', 'all-open', 'because', '80/20'],
  ...['base', 'quote', 'flat_price', 'price_jump', 'BTCUSDT', '-', 'out.csv', 'symbols.txt', 'times.txt', 'json'],
  ...['http://127.0.0.1:1/ping', 'true', 'python train.py --now', '.'],
];
const values = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...VALID_VALUES) },
  { weight: 1, arbitrary: mutatedText(fc.constantFrom(...VALID_VALUES)) },
);
const operands = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom('BTCUSDT', 'ethusdt', '42', 'bash') }, values),
  { maxLength: 2 },
);

/** A flag with a value in either notation; rarely with a missing or superfluous value. */
function flagOf(command: Command): fc.Arbitrary<string[]> {
  const known = command.options.map(({ long, required }) => ({ flag: long ?? '--help', required }));
  return fc
    .tuple(fc.constantFrom(...known, { flag: '--help', required: false }), values, fc.nat({ max: 19 }))
    .map(([{ flag, required }, value, roll]) => {
      const takesValue = roll === 0 ? !required : required;
      if (!takesValue) return [flag];
      return roll % 2 === 0 ? [flag, value] : [`${flag}=${value}`];
    });
}

/** Random words after a command's name. */
function wordsOf(command: Command): fc.Arbitrary<string[]> {
  const strange = mutatedText(fc.constantFrom('--json', '--from', '--hours=3', '--', '-x')).map((word) => [word]);
  const flags = fc.array(fc.oneof({ weight: 12, arbitrary: flagOf(command) }, { weight: 1, arbitrary: strange }), {
    maxLength: 4,
  });
  const asked = fc.constantFrom<string[]>([], ['--json'], ['--json'], ['--quiet']);
  return fc
    .tuple(operands, flags, asked)
    .map(([named, given, ask]) => [command.name(), ...named, ...given.flat(), ...ask]);
}

/** Valid and invalid command lines from the declarations of the program. */
const commandLines: fc.Arbitrary<string[]> = fc.oneof(
  ...declareProgram().commands.map((command) => ({ weight: 4, arbitrary: wordsOf(command).map(toRunnable) })),
  {
    weight: 2,
    arbitrary: fc.array(mutatedText(fc.constantFrom('ingest', '--json', 'help', 'BTCUSDT')), { maxLength: 3 }),
  },
);

/**
 * Removes NUL, which arguments cannot contain. `demo` works for seconds without a database: a superfluous word makes it
 * fail after its words were parsed.
 */
function toRunnable(given: string[]): string[] {
  const words = given.map((word) => word.replaceAll('\0', ''));
  return words[0] === 'demo' ? [...words, 'BTCUSDT'] : words;
}

const RUNS = effort(80, 3_000);
const TIMEOUT = { timeoutMs: effort(120_000, 3 * 3_600_000) };
const MAX_COMMAND_MS = 60_000;

const UNREACHABLE = 'http://127.0.0.1:1';
const PASSWORD = 'hunter2-geheim';
/** All addresses are closed ports: every command ends before it does anything. */
const ENVIRONMENT = {
  DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:1/none`,
  CHARTCTL_BINANCE_URL: UNREACHABLE,
  CHARTCTL_FALLBACK: '',
  CHARTCTL_SYMBOLS: 'BTCUSDT',
};

/** What is wrong with the result of a command line; undefined when nothing is. */
function findWrong(argv: readonly string[], { exitCode, stdout, stderr }: ProcessResult): string | undefined {
  if (!Object.values(EXIT_CODES).includes(exitCode)) return `exit code ${exitCode}`;
  if (/^ +at .*[:(]/m.test(`${stdout}${stderr}`)) return `a stack: ${stderr}`;
  if (`${stdout}${stderr}`.includes(PASSWORD)) return `the password: ${stdout}${stderr}`;
  if (exitCode !== 0 && exitCode !== 10 && `${stdout}${stderr}` === '') return 'the failure was not reported';
  return argv.includes('--json') && exitCode !== 0 ? findWrongDocument(stdout, exitCode) : undefined;
}

function findWrongDocument(stdout: string, exitCode: number): string | undefined {
  if (!/^\{.*\}\n$/.test(stdout)) return `stdout was ${JSON.stringify(stdout)}`;
  const document = JSON.parse(stdout) as Record<string, unknown>;
  const isRight = document.exitCode === exitCode && document.ok === (exitCode === 10) && 'command' in document;
  return isRight ? undefined : `the document was ${stdout}`;
}

group('the command line', (test) => {
  const properties = new Properties({ fault: 'random command lines of every command', unit: 'command lines' });
  const ends = new Map<number, number>();

  test(
    'ends with a documented exit code, one document with --json, no stack trace, and writes nothing when it is invalid',
    async () => {
      const cwd = mkdtempSync(join(tmpdir(), 'chartctl-fuzz-line-'));
      writeFileSync(join(cwd, 'symbols.txt'), 'BTCUSDT\nETHUSDT\n');
      writeFileSync(join(cwd, 'times.txt'), '2025-06-01T12:00Z\n');
      const startedAt = performance.now();
      await properties.check('command lines', RUNS, commandLines, async (argv) => {
        const before = readdirSync(cwd);
        const beganAt = performance.now();
        const end = await runInProcess(argv, { cwd, env: ENVIRONMENT });
        ends.set(end.exitCode, (ends.get(end.exitCode) ?? 0) + 1);
        const wrong = findWrong(argv, end);
        if (wrong !== undefined) throw new Error(`${JSON.stringify(argv)}: ${wrong}`);
        if (performance.now() - beganAt > MAX_COMMAND_MS) throw new Error(`${JSON.stringify(argv)} took too long`);
        const written = readdirSync(cwd).filter((name) => !before.includes(name));
        if (end.exitCode === 2 && written.length > 0)
          throw new Error(`${JSON.stringify(argv)} wrote ${written.join()}`);
      });
      const rate = (1000 * RUNS) / (performance.now() - startedAt);
      process.stdout.write(`${rate.toFixed(0)} a second; exit codes ${JSON.stringify(Object.fromEntries(ends))}\n`);
      rmSync(cwd, { recursive: true });
    },
    TIMEOUT,
  );

  test('some were valid, some refused, and some reached the database', () => {
    for (const code of [EXIT_CODES.done, EXIT_CODES.usage, EXIT_CODES.temporary]) {
      if (!ends.has(code)) throw new Error(`no command exited with ${code}`);
    }
    properties.conclude();
  });
});
