/**
 * Runs the tests against the engines whose URLs are given: the steps over all commands, a server that is killed, the
 * tests of tests/end-to-end, and eight processes at once. Without a URL they say that they skip.
 *
 *   TEST_CITUS_URL=postgres://... TEST_TIMESCALEDB_URL=postgres://... npm run test:engines
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CITUS, TIMESCALEDB } from './engine-urls.js';

/** What runs on the server of TEST_DATABASE_URL. */
const ON_SERVER = ['tests/end-to-end', 'tests/trials/together/eight-processes.test.ts'];

function runTests(title: string, files: readonly string[], environment: Readonly<Record<string, string>>): boolean {
  process.stdout.write(`\n${title}\n`);
  const argv = ['--import', 'tsx', 'tests/run.ts', ...files];
  const { status } = spawnSync(process.execPath, argv, {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  return status === 0;
}

const [killing, others] = [true, false].map((isKilling) =>
  readdirSync('tests/engines', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && name.endsWith('-killed.test.ts') === isKilling)
    .map((name) => join('tests/engines', name)),
);
// one file after another: side by side they load the machine so much that doctor finds the exchange slow
const passed = [...others!, ...killing!].map((file) => runTests(file, [file], {}));
for (const { name, url, variable } of [CITUS, TIMESCALEDB]) {
  if (url) passed.push(runTests(`The end-to-end tests on ${name}`, ON_SERVER, { TEST_DATABASE_URL: url }));
  else process.stdout.write(`SKIPPED the end-to-end tests on ${name} (${variable} is not set)\n`);
}
process.exitCode = passed.every(Boolean) ? 0 : 1;
