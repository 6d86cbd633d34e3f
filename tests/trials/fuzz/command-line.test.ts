import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '../../../src/core/failure.js';
import { runInProcess, type Ended } from '../../commands/run-in-process.js';
import { effort } from '../../harness/effort.js';
import { group } from '../../harness/group.js';
import { Properties } from '../../harness/property.js';
import { COMMAND_LINES } from './command-lines.js';

const RUNS = effort(80, 3_000);
const TIMEOUT = { timeoutMs: effort(120_000, 3 * 3_600_000) };
const SLOWEST_MS = 60_000;

const NOBODY = 'http://127.0.0.1:1';
const PASSWORD = 'hunter2-geheim';
/** Nobody listens where these lead to: whatever is asked for ends before it does anything. */
const ENVIRONMENT = {
  DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:1/none`,
  CHARTCTL_BINANCE_URL: NOBODY,
  CHARTCTL_FALLBACK: '',
  CHARTCTL_SYMBOLS: 'BTCUSDT',
};

/** What is wrong with how a command line ended; undefined where nothing is. */
function findWrong(argv: readonly string[], { exitCode, stdout, stderr }: Ended): string | undefined {
  if (!Object.values(EXIT_CODES).includes(exitCode)) return `exit code ${exitCode}`;
  if (/^ +at .*[:(]/m.test(`${stdout}${stderr}`)) return `a stack: ${stderr}`;
  if (`${stdout}${stderr}`.includes(PASSWORD)) return `the password: ${stdout}${stderr}`;
  if (exitCode !== 0 && exitCode !== 10 && `${stdout}${stderr}` === '') return 'nothing was said of the failure';
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
    'ends with a code of the table, one document with --json, no stack, and nothing written where it was not understood',
    async () => {
      const cwd = mkdtempSync(join(tmpdir(), 'chartctl-fuzz-line-'));
      writeFileSync(join(cwd, 'symbols.txt'), 'BTCUSDT\nETHUSDT\n');
      writeFileSync(join(cwd, 'times.txt'), '2025-06-01T12:00Z\n');
      const startedAt = performance.now();
      await properties.check('command lines', RUNS, COMMAND_LINES, async (argv) => {
        const before = readdirSync(cwd);
        const beganAt = performance.now();
        const end = await runInProcess(argv, { cwd, env: ENVIRONMENT });
        ends.set(end.exitCode, (ends.get(end.exitCode) ?? 0) + 1);
        const wrong = findWrong(argv, end);
        if (wrong !== undefined) throw new Error(`${JSON.stringify(argv)}: ${wrong}`);
        if (performance.now() - beganAt > SLOWEST_MS) throw new Error(`${JSON.stringify(argv)} took too long`);
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

  test('some were understood, some refused, and some came as far as the database', () => {
    for (const code of [EXIT_CODES.done, EXIT_CODES.usage, EXIT_CODES.temporary]) {
      if (!ends.has(code)) throw new Error(`none ended with ${code}`);
    }
    properties.conclude();
  });
});
