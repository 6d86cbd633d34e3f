/**
 * Measures chartctl in comparison with the limits of the database and the exchange:
 *
 *   npm run bench -- [--quick] [--only NAME,...] [--json FILE] [--program FILE]
 *                  [--before FILE] [--rows NUMBER,...] [--repeats NUMBER]
 *
 * It needs PostgreSQL's programs and starts a server and an exchange of its own. `--quick` takes about a minute, all
 * of it half an hour. `--only` names measurements; those that they are compared with run too. `--program` measures
 * another build's `dist/bin/chartctl.js`, `--before` compares the CPU time of the backfill with another build's; `--rows` and `--repeats` are for a closer look at some sizes.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withBench, type BenchPlan } from './bench.js';
import type { Measurement } from './measurement.js';
import { describeMachine, formatReport } from './report.js';
import { SCENARIOS } from './scenarios/index.js';

const FULL: BenchPlan = {
  isQuick: false,
  sizes: [43_200, 131_400, 525_600],
  embeddedSizes: [10_000, 43_200, 131_400],
  symbols: [100, 500, 1_500],
  repeats: 3,
  shortRepeats: 9,
};
const QUICK: BenchPlan = {
  isQuick: true,
  sizes: [10_000, 20_000, 43_200],
  embeddedSizes: [10_000],
  symbols: [10, 50, 200],
  repeats: 1,
  shortRepeats: 3,
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
    rows: { type: 'string' },
    repeats: { type: 'string' },
    before: { type: 'string' },
    program: { type: 'string', default: 'dist/bin/chartctl.js' },
  },
});
const log = (line: string) => process.stderr.write(`${line}\n`);
const chosen = chooseScenarios(values.only?.split(','));

const usual = values.quick ? QUICK : FULL;
const rows = values.rows?.split(',').map(Number);
const plan: BenchPlan = {
  ...usual,
  ...(rows ? { sizes: rows, embeddedSizes: rows } : {}),
  repeats: Number(values.repeats ?? usual.repeats),
};
const before = values.before === undefined ? {} : { before: resolve(values.before) };
await withBench({ plan, program: resolve(values.program), ...before, log }, async (bench) => {
  const machine = describeMachine(bench.server.version);
  const measurements: Measurement[] = [];
  for (const scenario of chosen) measurements.push(...(await scenario.run(bench)));
  process.stdout.write(formatReport(machine, measurements));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, measurements }, null, 2)}\n`);
});

function chooseScenarios(names: readonly string[] | undefined) {
  const known = SCENARIOS.flatMap(({ measures }) => measures);
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`--only was "${unknown.join(',')}", expected some of ${known.join(', ')}`);
  return SCENARIOS.filter(({ measures }) => !names || measures.some((name) => names.includes(name)));
}
