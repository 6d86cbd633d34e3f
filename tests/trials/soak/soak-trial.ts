import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { WINDOW_MINUTES } from '../../../src/quality/window.js';
import { createRandom } from '../../harness/random.js';
import { RUN_SEED } from '../../harness/trial.js';
import { dueAt } from './crontab-lines.js';
import { describeIncident } from './disturbances.js';
import { type Incident, planIncidents, type PlannedIncidents } from './incidents.js';
import { inspectRows } from './inspect-rows.js';
import { ReproducedExports } from './reproduced-exports.js';
import { findStrayFiles, measureResources, ResourceLog } from './resource-log.js';
import { simulate, type SoakPlan } from './simulate.js';
import { openSoakWorld, type SoakWorld, SYMBOLS_FILE } from './soak-world.js';

/** What is simulated, and on which database. */
export interface SoakSetup {
  backend: 'PostgreSQL' | 'PGlite';
  startMs: Minute;
  minutes: number;
  /** All symbols; the last one is that of a `listing`, if there is one. */
  symbols: readonly string[];
  incidents: readonly PlannedIncidents[];
  /** The range of minutes with incidents. */
  incidentMinutes: { from: number; to: number };
  /** Further incidents at fixed minutes. */
  afterwards?: readonly Incident[];
  /** Days of rows to keep; older rows, and audit records older than a day, are removed daily. Default: all are kept. */
  keepDays?: number;
  /** Minutes of candles before the start. Default: the window of a new symbol and its warm-up. */
  pastMinutes?: number;
}

/** The result of a simulation. */
export interface SoakResult {
  /** The number of command lines. */
  runs: number;
  /** Errors in rows, gaps, exit codes and readiness. */
  losses: string[];
  /** What was left behind, and resources that grew without a reason. */
  growths: string[];
  /** The exports that were made again, and sentences on those that were not. */
  reproduced: { count: number; losses: string[] };
}

/** The expected files in the working directory of the jobs. */
const EXPECTED_FILES = [
  ...[SYMBOLS_FILE, 'tmp'],
  ...['train.csv', 'hourly.csv', 'ready.csv'].flatMap((name) => [name, `${name}.datapackage.json`]),
];
/** The time of the retention line: after the lines of `schedule`, and after the inspection of the rows that it removes. */
const RETENTION = { minute: '52', hour: '0' };
/** When the exports of a day are made again: before retention removes what of the audit log they need. */
const REPRODUCED_AT = 50 * MINUTE_MS;
/** An export of each hour, not at the time of the daily one; of few symbols, since every export of a symbol leaves a row. */
const HOURLY = { symbols: 3, minute: '44', hour: '*' };

/** Runs a simulation, prints its timeline, and checks everything that is left. */
export async function soak(setup: SoakSetup): Promise<SoakResult> {
  const random = createRandom(RUN_SEED, `soak on ${setup.backend}`);
  const incidents = planIncidents(random, setup.incidents, setup.incidentMinutes.from, setup.incidentMinutes.to);
  incidents.push(...(setup.afterwards ?? []));
  for (const incident of incidents) process.stdout.write(`${describeIncident(incident, setup.startMs)}\n`);
  const world = await openSoakWorld(setup.backend, setup.startMs, random);
  try {
    const logbook = new ResourceLog(world, setup.keepDays);
    await logbook.begin();
    const exports = new ReproducedExports(world);
    const plan = toPlan(setup, incidents, async (minute, sofar) => {
      await logbook.record(minute, sofar);
      if (minute.nowMs % DAY_MS === REPRODUCED_AT) await exports.check();
    });
    const end = await simulate(world, plan, random);
    const to = setup.startMs + setup.minutes * MINUTE_MS;
    const losses = [
      ...end.losses,
      ...logbook.losses,
      ...(await inspectRows({ world, ...end }, { from: logbook.inspectedUntil, to })),
      ...(await checkByCommands(world, setup.symbols)),
    ];
    await exports.check();
    if (exports.count === 0) exports.losses.push('no export was made again');
    process.stdout.write(logbook.describeTimes());
    const strays = findStrayFiles(world, EXPECTED_FILES);
    const growths = [...logbook.findGrowths(await measureResources(world, logbook.filesAtStart)), ...strays];
    return { runs: end.runs, losses, growths, reproduced: exports };
  } finally {
    await world.close();
  }
}

function toPlan(
  { keepDays, symbols, ...setup }: SoakSetup,
  incidents: readonly Incident[],
  onMinute: NonNullable<SoakPlan['onMinute']>,
): SoakPlan {
  const hasListing = incidents.some(({ kind }) => kind === 'listing');
  const argv = ['clean', '--keep', String(keepDays), '--keep-history', '1', '--quiet', '--symbols-file', SYMBOLS_FILE];
  const retention = { argv, isDue: dueAt(RETENTION.minute, RETENTION.hour) };
  const hourly = {
    argv: ['export-training-set', ...symbols.slice(0, HOURLY.symbols), '--out', 'hourly.csv', '--quiet'],
    isDue: dueAt(HOURLY.minute, HOURLY.hour),
  };
  return {
    ...setup,
    symbols: hasListing ? symbols.slice(0, -1) : symbols,
    newSymbol: symbols.at(-1)!,
    incidents,
    ownLines: keepDays === undefined ? [hourly] : [hourly, retention],
    onMinute,
  };
}

/** Checks by chartctl's own commands that every symbol is ready and that all rows are exported. */
async function checkByCommands(world: SoakWorld, symbols: readonly string[]): Promise<string[]> {
  const losses: string[] = [];
  const ask = async (...argv: string[]) => {
    const { exitCode, stdout, stderr } = await world.run(...argv, ...symbols);
    if (exitCode !== 0) losses.push(`${argv.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
  };
  await ask('status', '--exit-code', '--no-color');
  await ask('export-training-set', '--require-ready', '--out', 'ready.csv');
  const file = join(world.folder, 'ready.csv');
  const rows = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length - 1 : 0;
  if (rows !== WINDOW_MINUTES * symbols.length)
    losses.push(`${rows} rows were exported of ${symbols.length} ready symbols`);
  return losses;
}
