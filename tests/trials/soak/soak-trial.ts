import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WINDOW } from '../../../src/core/indicator-columns.js';
import { MINUTE_MS, type Minute } from '../../../src/core/minute.js';
import { diceOf } from '../../harness/dice.js';
import { SEED_OF_RUN } from '../../harness/effort.js';
import { dueAt } from './crontab-lines.js';
import { describeIncident } from './disturbances.js';
import { planIncidents, type Incident, type Trouble } from './incidents.js';
import { inspectRows } from './inspect-rows.js';
import { Logbook } from './logbook.js';
import { findStrayFiles, takeStock } from './resources.js';
import { simulate, type SoakPlan } from './simulate.js';
import { openSoakWorld, SYMBOLS_FILE, type SoakWorld } from './soak-world.js';

/** What is simulated, and on which database. */
export interface Soak {
  backend: 'PostgreSQL' | 'PGlite';
  startMs: Minute;
  minutes: number;
  /** All symbols; the last one is listed while the simulation goes on, if anything is. */
  symbols: readonly string[];
  troubles: readonly Trouble[];
  /** Minutes in which the troubles begin and end. */
  troubled: { from: number; to: number };
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
  creeps: string[];
}

/** Files that belong into the folder of the jobs. */
const EXPECTED_FILES = [SYMBOLS_FILE, 'tmp', 'train.csv', 'train.csv.datapackage.json', 'ready.csv'];
const READY_MANIFEST = 'ready.csv.datapackage.json';
/** When the person's own line is due: after every line of `schedule`, and after what it removes was inspected. */
const RETENTION = { minute: '52', hour: '0' };

/** Simulates, prints what happened when, and judges everything that is left. */
export async function soak(setup: Soak): Promise<SoakResult> {
  const dice = diceOf(SEED_OF_RUN, `soak on ${setup.backend}`);
  const incidents = planIncidents(dice, setup.troubles, setup.troubled.from, setup.troubled.to);
  incidents.push(...(setup.afterwards ?? []));
  for (const incident of incidents) process.stdout.write(`${describeIncident(incident, setup.startMs)}\n`);
  const world = await openSoakWorld(setup.backend, setup.startMs, dice);
  try {
    const logbook = new Logbook(world, setup.keepDays);
    await logbook.begin();
    const plan = toPlan(setup, incidents, logbook);
    const end = await simulate(world, plan, dice);
    const to = setup.startMs + setup.minutes * MINUTE_MS;
    const losses = [
      ...end.losses,
      ...logbook.losses,
      ...(await inspectRows({ world, ...end }, { from: logbook.inspectedUntil, to })),
      ...(await judgeByCommands(world, setup.symbols)),
    ];
    process.stdout.write(logbook.describeTimes());
    const strays = findStrayFiles(world, [...EXPECTED_FILES, READY_MANIFEST]);
    const creeps = [...logbook.findCreeps(await takeStock(world, logbook.filesAtStart)), ...strays];
    return { runs: end.runs, losses, creeps };
  } finally {
    await world.close();
  }
}

function toPlan({ keepDays, symbols, ...setup }: Soak, incidents: readonly Incident[], logbook: Logbook): SoakPlan {
  const hasListing = incidents.some(({ kind }) => kind === 'listing');
  const argv = ['clean', '--keep', String(keepDays), '--keep-history', '1', '--quiet', '--symbols-file', SYMBOLS_FILE];
  const retention = { argv, isDue: dueAt(RETENTION.minute, RETENTION.hour) };
  return {
    ...setup,
    symbols: hasListing ? symbols.slice(0, -1) : symbols,
    newcomer: symbols.at(-1)!,
    incidents,
    ownLines: keepDays === undefined ? [] : [retention],
    onMinute: (minute, end) => logbook.note(minute, end),
  };
}

/** The tool's own word on it: every symbol is ready, a set is exported, and Binance gives nothing but what it revised. */
async function judgeByCommands(world: SoakWorld, symbols: readonly string[]): Promise<string[]> {
  const losses: string[] = [];
  const ask = async (...argv: string[]) => {
    const { exitCode, stdout, stderr } = await world.run(...argv, ...symbols);
    if (exitCode !== 0) losses.push(`${argv.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
  };
  await ask('status', '--exit-code', '--no-color');
  await ask('export-training-set', '--require-ready', '--out', 'ready.csv');
  const file = join(world.folder, 'ready.csv');
  const rows = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length - 1 : 0;
  if (rows !== WINDOW * symbols.length) losses.push(`${rows} rows were exported of ${symbols.length} ready symbols`);
  return losses;
}
