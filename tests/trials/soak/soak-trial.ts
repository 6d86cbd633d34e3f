import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { WINDOW_MINUTES } from '../../../src/quality/assess-readiness.js';
import { createRandom } from '../../harness/random.js';
import { RUN_SEED } from '../../harness/trial.js';
import { dueAt } from './crontab-lines.js';
import { describeIncident } from './disturbances.js';
import { type Incident, planIncidents, type PlannedIncidents } from './incidents.js';
import { inspectRows } from './inspect-rows.js';
import { findStrayFiles, measureResources, ResourceLog } from './resource-log.js';
import { simulate, type SoakPlan } from './simulate.js';
import { openSoakWorld, type SoakWorld, SYMBOLS_FILE } from './soak-world.js';

/** What is simulated, and on which database. */
export interface SoakSetup {
  backend: 'PostgreSQL' | 'PGlite';
  startMs: Minute;
  minutes: number;
  /** All symbols; the last one is listed while the simulation goes on, if anything is. */
  symbols: readonly string[];
  incidents: readonly PlannedIncidents[];
  /** Minutes in which the troubles begin and end. */
  incidentMinutes: { from: number; to: number };
  /** At their given places, beside the troubles. */
  afterwards?: readonly Incident[];
  /** The person removes older rows, and what the audit says of changes older than a day. Default: none. */
  keepDays?: number;
  /** Minutes before the start that Binance has candles of. Default: a new symbol's window and its warm-up. */
  pastMinutes?: number;
}

/** What a simulation ended in. */
export interface SoakResult {
  /** Command lines that were run. */
  runs: number;
  /** What is wrong with rows, gaps, exit codes and readiness. */
  losses: string[];
  /** What was left behind, and what grew though nothing grew that it must hold. */
  growths: string[];
}

/** Files that belong into the folder of the jobs. */
const EXPECTED_FILES = [SYMBOLS_FILE, 'tmp', 'train.csv', 'train.csv.datapackage.json', 'ready.csv'];
const READY_MANIFEST = 'ready.csv.datapackage.json';
/** When the person's own line is due: after every line of `schedule`, and after what it removes was inspected. */
const RETENTION = { minute: '52', hour: '0' };

/** Simulates, prints what happened when, and judges everything that is left. */
export async function soak(setup: SoakSetup): Promise<SoakResult> {
  const dice = createRandom(RUN_SEED, `soak on ${setup.backend}`);
  const incidents = planIncidents(dice, setup.incidents, setup.incidentMinutes.from, setup.incidentMinutes.to);
  incidents.push(...(setup.afterwards ?? []));
  for (const incident of incidents) process.stdout.write(`${describeIncident(incident, setup.startMs)}\n`);
  const world = await openSoakWorld(setup.backend, setup.startMs, dice);
  try {
    const logbook = new ResourceLog(world, setup.keepDays);
    await logbook.begin();
    const plan = toPlan(setup, incidents, logbook);
    const end = await simulate(world, plan, dice);
    const to = setup.startMs + setup.minutes * MINUTE_MS;
    const losses = [
      ...end.losses,
      ...logbook.losses,
      ...(await inspectRows({ world, ...end }, { from: logbook.inspectedUntil, to })),
      ...(await checkByCommands(world, setup.symbols)),
    ];
    process.stdout.write(logbook.describeTimes());
    const strays = findStrayFiles(world, [...EXPECTED_FILES, READY_MANIFEST]);
    const creeps = [...logbook.findGrowths(await measureResources(world, logbook.filesAtStart)), ...strays];
    return { runs: end.runs, losses, growths: creeps };
  } finally {
    await world.close();
  }
}

function toPlan(
  { keepDays, symbols, ...setup }: SoakSetup,
  incidents: readonly Incident[],
  logbook: ResourceLog,
): SoakPlan {
  const hasListing = incidents.some(({ kind }) => kind === 'listing');
  const argv = ['clean', '--keep', String(keepDays), '--keep-history', '1', '--quiet', '--symbols-file', SYMBOLS_FILE];
  const retention = { argv, isDue: dueAt(RETENTION.minute, RETENTION.hour) };
  return {
    ...setup,
    symbols: hasListing ? symbols.slice(0, -1) : symbols,
    newSymbol: symbols.at(-1)!,
    incidents,
    ownLines: keepDays === undefined ? [] : [retention],
    onMinute: (minute, end) => logbook.record(minute, end),
  };
}

/** The tool's own word on it: every symbol is ready, a set is exported, and Binance gives nothing but what it revised. */
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
