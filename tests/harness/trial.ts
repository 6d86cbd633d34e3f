import * as assert from 'uvu/assert';

/**
 * How hard trials try. CI tries each fault a few times, with a seed that stays the same, or not at all where that would
 * take minutes; `npm run test:long` tries it as often as the README's table says, with a new seed or that of `--seed`.
 */
const LONG_VARIABLE = 'CHARTCTL_TEST_LONG';
const SEED_VARIABLE = 'CHARTCTL_TEST_SEED';
const DEFAULT_SEED = 20_230_324;
const SEED_LIMIT = 2 ** 31;

/** Whether this is the long version of the trials. */
export const isLongRun = process.env[LONG_VARIABLE] === '1';

/** The seed of every random choice that a trial makes; print it, or give it to `concludeTrial`. */
export const RUN_SEED = Number(process.env[SEED_VARIABLE] ?? DEFAULT_SEED);

/** One of two sizes: CI's, or that of the long version. */
export function effort<T>(short: T, long: T): T {
  return isLongRun ? long : short;
}

/** For the runner: a seed that no run had yet. */
export function newSeed(): number {
  return Math.floor(Math.random() * SEED_LIMIT);
}

/** For the runner: what the processes of a long run find in their environment. */
export function longEnvironment(seed: number): Record<string, string> {
  return { [LONG_VARIABLE]: '1', [SEED_VARIABLE]: String(seed) };
}

/** One fault, tried many times: a line of the table that the runner prints, and of the README's. */
export interface Trial {
  /** What went wrong on purpose, and where, as in "kill -9 of any command, PostgreSQL". */
  fault: string;
  tried: number;
  /** What was tried so often, in the plural: "kills", "requests", "inputs". */
  unit: string;
  /** How many things were lost, wrong, stuck or left behind. */
  lost: number;
  /** Absent where nothing is random. */
  seed?: number;
}

const concluded: Trial[] = [];

/** The trials that this process concluded so far. */
export function listTrials(): readonly Trial[] {
  return concluded;
}

/**
 * Ends a trial: it becomes a line of the table, and the test fails when anything was lost.
 *
 * @param losses a sentence for each thing that was lost, wrong, stuck or left behind
 */
export function concludeTrial({ losses, ...trial }: Omit<Trial, 'lost'> & { losses: readonly string[] }): void {
  concluded.push({ ...trial, lost: losses.length });
  assert.ok(trial.tried > 0, `"${trial.fault}" was never tried`);
  const seed = trial.seed === undefined ? '' : ` (seed ${trial.seed})`;
  assert.is(losses.length, 0, `${trial.fault}${seed}: ${losses.slice(0, 20).join('\n')}`);
}

/** A trial and the test file that made it. */
export interface FileTrial extends Trial {
  file: string;
}

/** The table of all trials, in Markdown, as the README shows it: fault, how often, what was lost, and how to repeat it. */
export function formatTrials(trials: readonly FileTrial[]): string {
  const lines = [...trials]
    .sort((a, b) => a.file.localeCompare(b.file))
    .map(({ file, fault, tried, unit, lost, seed }) => {
      const repeat = `npm run test:long -- ${seed === undefined ? '' : `--seed ${seed} `}${file}`;
      return `| ${fault} | ${tried.toLocaleString('en')} ${unit} | ${lost === 0 ? 'nothing' : lost} | \`${repeat}\` |`;
    });
  return ['| fault | tried | lost | again |', '|---|---|---|---|', ...lines, ''].join('\n');
}
