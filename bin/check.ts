/**
 * Checks rules, types and format in parallel, and with `--build` also builds: they do not depend on each other.
 *
 *   node --import tsx bin/check.ts [--build]
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { build: { type: 'boolean', default: false } } });

const OXLINT = 'node_modules/oxlint/bin/oxlint';
const PRETTIER = 'node_modules/prettier/bin/prettier.cjs';

/** The checks and the arguments of Node for each, the longest first. */
const CHECKS: Record<string, readonly string[]> = {
  'rules and types': [OXLINT, '.'],
  format: [PRETTIER, '--check', '.'],
};
const BUILD: typeof CHECKS = { build: ['--import', 'tsx', 'bin/build.ts'] };

/** Runs one check and prints its output if it fails; returns whether it passed. */
function runCheck(name: string, argv: readonly string[]): Promise<boolean> {
  const started = Date.now();
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      const mark = exitCode === 0 ? 'ok  ' : 'FAIL';
      process.stdout.write(`${mark} ${name}  ${Date.now() - started} ms\n`);
      if (exitCode !== 0) process.stdout.write(Buffer.concat(output));
      resolve(exitCode === 0);
    });
  });
}

const checks = Object.entries({ ...CHECKS, ...(options.build ? BUILD : {}) });
const found = await Promise.all(checks.map(([name, argv]) => runCheck(name, argv)));
process.exitCode = found.every(Boolean) ? 0 : 1;
