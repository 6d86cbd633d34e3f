import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withStore } from '../../../src/store/store.js';
import {
  startChartctl,
  type ProcessEnd,
  type ProcessExit,
  type RunningProcess,
} from '../../harness/chartctl-process.js';
import { findLosses, readDatabaseState, type DatabaseState } from '../../harness/database-state.js';
import { copyPlace, type DamagedDatabases, type Place } from './damaged-databases.js';
import { describeFiles, findDifferences, findFalseManifests, findTemporary } from './find-leftovers.js';
import { nameOf, type KillCase } from './kill-cases.js';
import { chooseInstant, runUndisturbed, stopAt, type Pace } from './stop-at.js';

/** A training of a moment; it leaves a mark when two of them ran at once. */
const TRAINING = `
  trap 'rmdir training; exit 1' TERM
  mkdir training || touch two-trainings-at-once
  sleep 0.3 &
  wait
  rmdir training`;

const LOCKED = 11;
const LOCKED_LIMIT_MS = 20_000;

/** What a run leaves behind. */
interface Outcome {
  exitCode: number | null;
  state: DatabaseState;
  /** Jobs that are recorded as still running. */
  running: number;
  files: Record<string, string>;
}

/** A command, and what it leaves behind when nobody disturbs it. */
export class InterruptedCase {
  readonly #world: DamagedDatabases;
  readonly #case: KillCase;
  readonly #expected: Outcome;
  readonly #pace: Pace;

  private constructor(world: DamagedDatabases, tried: KillCase, expected: Outcome, pace: Pace) {
    this.#world = world;
    this.#case = tried;
    this.#expected = expected;
    this.#pace = pace;
  }

  static async learn(world: DamagedDatabases, tried: KillCase): Promise<InterruptedCase> {
    const place = await preparePlace(world, tried);
    try {
      const { end, pace } = await runUndisturbed(at(place), () => start(world, tried, place));
      if (end.exitCode !== 0 && end.exitCode !== 3) throw new Error(`${nameOf(tried)}: ${end.stderr}`);
      return new InterruptedCase(world, tried, await look(place, end), pace);
    } finally {
      await place.remove();
    }
  }

  /**
   * Sends a signal to so many runs, one after the other, and then runs the command to its end; that may come earlier,
   * when a run ends before its signal.
   *
   * @returns how many runs were hit, and a sentence for each thing that is not as it should be
   */
  async interrupt(
    signal: NodeJS.Signals,
    times: number,
    dice: () => number,
  ): Promise<{ hits: number; losses: string[] }> {
    const place = await preparePlace(this.#world, this.#case);
    const losses: string[] = [];
    const run = () => start(this.#world, this.#case, place);
    let hits = 0;
    let through: ProcessExit | undefined;
    try {
      while (!through && hits < times) {
        const exit = await stopAt(at(place), run, signal, chooseInstant(dice, this.#pace));
        if (wasHit(exit, signal)) hits += 1;
        else if (exit.exitCode !== LOCKED) through = exit;
        losses.push(...findFalseManifests(place.folder));
        if (signal !== 'SIGKILL') losses.push(...findTemporary(at(place)));
      }
      losses.push(...this.#compare(await look(place, through ?? (await runToEnd(run)))));
    } finally {
      await place.remove();
    }
    return { hits, losses: losses.map((loss) => `${nameOf(this.#case)}, ${signal}: ${loss}`) };
  }

  #compare({ state, exitCode, ...found }: Outcome): string[] {
    const { state: expectedState, exitCode: first, ...expected } = this.#expected;
    const mayExit = [first, this.#case.exitCodeAgain];
    const wrongExit = exitCode === null || !mayExit.includes(exitCode) ? [`it ended with ${exitCode}`] : [];
    return [...wrongExit, ...findDifferences(found, expected), ...findLosses(state, expectedState)];
  }
}

/** What shells call the end by a signal. */
const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Whether a process was ended by the signal; before it listens to signals, it is ended by the system. */
function wasHit({ exitCode, signal }: ProcessExit, sent: NodeJS.Signals): boolean {
  return signal === sent || (exitCode !== null && exitCode === EXIT_CODES[sent]);
}

const at = ({ database, folder }: Place) => ({ config: database.config, folder });

async function preparePlace(world: DamagedDatabases, { on = 'damaged', argv }: KillCase): Promise<Place> {
  const place = await copyPlace(world, on);
  if (argv.includes('--exec')) writeFileSync(join(place.folder, 'train.sh'), TRAINING);
  return place;
}

function start(world: DamagedDatabases, { argv }: KillCase, { database, folder }: Place): RunningProcess {
  const { config } = database;
  const variables = config.kind === 'postgres' ? { DATABASE_URL: config.url } : { CHARTCTL_DATA_DIR: config.dataDir };
  const words = argv.map((word) => word.replace('UNDOABLE', String(world.undoable)).replace('FOLDER', folder));
  return startChartctl(words, {
    cwd: folder,
    environment: { HOME: folder, ...variables, ...world.exchange.environment },
  });
}

/** A server may need a moment to notice that a process is gone which held a symbol. */
async function runToEnd(run: () => RunningProcess): Promise<ProcessEnd> {
  const limit = performance.now() + LOCKED_LIMIT_MS;
  for (;;) {
    const end = await run().ended;
    if (end.exitCode !== LOCKED || performance.now() > limit) return end;
    await sleep(50);
  }
}

async function look(place: Place, { exitCode }: ProcessExit): Promise<Outcome> {
  const [state, running] = await withStore(place.database.config, async ({ knex }) => {
    const { rows } = await knex.raw<{ rows: { n: number }[] }>(
      `SELECT count(*)::int AS n FROM chartctl_jobs WHERE outcome = 'running'`,
    );
    return [await readDatabaseState(knex), rows[0]!.n] as const;
  });
  return { exitCode, state, running, files: describeFiles(at(place)) };
}
