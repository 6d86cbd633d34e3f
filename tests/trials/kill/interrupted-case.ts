import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withStore } from '../../../src/database/open-store.js';
import {
  type ProcessExit,
  type ProcessResult,
  type RunningProcess,
  startChartctl,
} from '../../harness/chartctl-process.js';
import { type DatabaseState, findStateDifferences, readDatabaseState } from '../../harness/database-state.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { copyPlace, type DamagedDatabases, type Place } from './damaged-databases.js';
import { describeFiles, findDifferences, findFalseManifests, findTemporary } from './find-leftovers.js';
import { type KillCase, nameOf } from './kill-cases.js';
import { chooseInstant, type Pace, runUndisturbed, stopAt } from './stop-at.js';

/** A short training; it leaves a file when two of them ran at once. */
const TRAINING = `
  trap 'rmdir training; exit 1' TERM
  mkdir training || touch two-trainings-at-once
  sleep 0.3 &
  wait
  rmdir training`;

const LOCKED = 11;
const LOCKED_LIMIT_MS = 20_000;

/** The exit code of an undo that was already done. */
const UNDONE_ALREADY = 1;

/** The state after the last run. */
interface Outcome {
  state: DatabaseState;
  /** The number of jobs that are recorded as running. */
  running: number;
  files: Record<string, string>;
}

/** A command line and its undisturbed run. */
interface ReferenceRun {
  line: readonly string[];
  exitCode: number | null;
  pace: Pace;
}

/** Commands and the state after their undisturbed runs. */
export class InterruptedCase {
  readonly #world: DamagedDatabases;
  readonly #case: KillCase;
  readonly #learnt: readonly ReferenceRun[];
  readonly #expected: Outcome;

  private constructor(world: DamagedDatabases, tried: KillCase, learnt: readonly ReferenceRun[], expected: Outcome) {
    this.#world = world;
    this.#case = tried;
    this.#learnt = learnt;
    this.#expected = expected;
  }

  static async record(world: DamagedDatabases, tried: KillCase): Promise<InterruptedCase> {
    const place = await preparePlace(world, tried);
    try {
      const learnt: ReferenceRun[] = [];
      for (const line of tried.lines) {
        const { end, pace } = await runUndisturbed(at(place), () => start(world, line, place));
        if (end.exitCode !== 0) throw new Error(`${nameOf(line)}: ${end.stderr}`);
        learnt.push({ line, exitCode: end.exitCode, pace });
      }
      return new InterruptedCase(world, tried, learnt, await readOutcome(place));
    } finally {
      await place.remove();
    }
  }

  /**
   * Sends a signal to so many runs of each command, one after the other, and then runs it to its end; that may come
   * earlier, when a run ends before its signal.
   *
   * @returns how many runs were hit, and a sentence for each thing that is not as it should be
   */
  async interrupt(
    signal: NodeJS.Signals,
    times: number,
    random: () => number,
  ): Promise<{ hits: number; losses: string[] }> {
    const place = await preparePlace(this.#world, this.#case);
    try {
      let hits = 0;
      const losses: string[] = [];
      for (const learnt of this.#learnt) {
        const found = await this.#interruptLine(place, learnt, signal, times, random);
        hits += found.hits;
        losses.push(...found.losses.map((loss) => `${nameOf(learnt.line)}, ${signal}: ${loss}`));
      }
      const name = this.#learnt.map(({ line }) => nameOf(line)).join(', ');
      losses.push(...(await this.#check(place)).map((loss) => `${name}, ${signal}: ${loss}`));
      return { hits, losses };
    } finally {
      await place.remove();
    }
  }

  async #interruptLine(
    place: Place,
    { line, exitCode, pace }: ReferenceRun,
    signal: NodeJS.Signals,
    times: number,
    random: () => number,
  ): Promise<{ hits: number; losses: string[] }> {
    const run = () => start(this.#world, line, place);
    const losses: string[] = [];
    let hits = 0;
    let through: ProcessExit | undefined;
    while (!through && hits < times) {
      const exit = await stopAt(at(place), run, signal, chooseInstant(random, pace));
      if (wasHit(exit, signal)) hits += 1;
      else if (exit.exitCode !== LOCKED) through = exit;
      losses.push(...findFalseManifests(place.folder));
      if (signal !== 'SIGKILL') losses.push(...findTemporary(at(place)));
    }
    through ??= await runToEnd(run);
    const isAgain = line[0] === 'undo' && through.exitCode === UNDONE_ALREADY;
    if (through.exitCode !== exitCode && !isAgain) {
      const again = await run().ended;
      losses.push(`it ended with ${through.exitCode}, and then with ${again.exitCode}: ${again.stderr}`);
    }
    return { hits, losses };
  }

  /** One sentence for each difference from the undisturbed runs, or when the database cannot be read. */
  async #check(place: Place): Promise<string[]> {
    try {
      return this.#compare(await readOutcome(place));
    } catch (error) {
      return [`what is left cannot be read: ${String(error)}`];
    }
  }

  #compare({ state, ...found }: Outcome): string[] {
    const { state: expectedState, ...expected } = this.#expected;
    return [...findDifferences(found, expected), ...findStateDifferences(state, expectedState)];
  }
}

/** The exit codes of signals. */
const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Whether the signal ended the process, by its handler or, before that is installed, by the system. */
function wasHit({ exitCode, signal }: ProcessExit, sent: NodeJS.Signals): boolean {
  return signal === sent || (exitCode !== null && exitCode === EXIT_CODES[sent]);
}

const at = ({ database, folder }: Place) => ({ config: database.config, folder });

async function preparePlace(world: DamagedDatabases, { on = 'damaged', lines }: KillCase): Promise<Place> {
  const place = await copyPlace(world, on);
  if (lines.some((line) => line.includes('--exec'))) writeFileSync(join(place.folder, 'train.sh'), TRAINING);
  return place;
}

function start(world: DamagedDatabases, line: readonly string[], { database, folder }: Place): RunningProcess {
  const { config } = database;
  const variables = databaseEnvironment(config);
  const words = line.map((word) => word.replace('UNDOABLE', String(world.undoable)).replace('FOLDER', folder));
  return startChartctl(words, {
    cwd: folder,
    environment: { HOME: folder, ...variables, ...world.exchange.environment },
  });
}

/** Retries while the server still holds the lock of a killed process. */
async function runToEnd(run: () => RunningProcess): Promise<ProcessResult> {
  const limit = performance.now() + LOCKED_LIMIT_MS;
  for (;;) {
    const end = await run().ended;
    if (end.exitCode !== LOCKED || performance.now() > limit) return end;
    await sleep(50);
  }
}

async function readOutcome(place: Place): Promise<Outcome> {
  const [state, running] = await withStore(place.database.config, async ({ knex }) => {
    const { rows } = await knex.raw<{ rows: { n: number }[] }>(
      `SELECT count(*)::int AS n FROM chartctl_jobs WHERE outcome = 'running'`,
    );
    return [await readDatabaseState(knex), rows[0]!.n] as const;
  });
  return { state, running, files: describeFiles(at(place)) };
}
