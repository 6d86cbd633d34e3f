import * as assert from 'uvu/assert';

/**
 * The size of trials. CI repeats each fault a few times with a constant seed; `npm run test:long` repeats it as often as
 * the table in tests/trials/README.md says, with a new seed or that of `--seed`.
 */
const LONG_VARIABLE = 'CHARTCTL_TEST_LONG';
const SEED_VARIABLE = 'CHARTCTL_TEST_SEED';
const DEFAULT_SEED = 20_230_324;
const SEED_LIMIT = 2 ** 31;

/** Whether the long version of the trials runs. */
export const isLongRun = process.env[LONG_VARIABLE] === '1';

/** The seed of all random choices of this run; `concludeTrial` reports it. */
export const RUN_SEED = Number(process.env[SEED_VARIABLE] ?? DEFAULT_SEED);

/** The size for CI, or that of the long version. */
export function effort<T>(short: T, long: T): T {
  return isLongRun ? long : short;
}

/** For tests/run.ts: a new seed. */
export function newSeed(): number {
  return Math.floor(Math.random() * SEED_LIMIT);
}

/** For tests/run.ts: the environment of the processes of a long run. */
export function longEnvironment(seed: number): Record<string, string> {
  return { [LONG_VARIABLE]: '1', [SEED_VARIABLE]: String(seed) };
}

/** One fault, repeated many times: a line of the table in tests/trials/README.md. */
export interface Trial {
  /** The injected fault and where, as in "kill -9 of any command that writes, PostgreSQL". */
  fault: string;
  tried: number;
  /** The unit of `tried`, in the plural: "kills", "requests", "inputs". */
  unit: string;
  /** The number of things that were lost, wrong, stuck or left behind. */
  lost: number;
  /** Absent where no choice is random. */
  seed?: number;
}

let concluded: Trial[] = [];

/** The trials that were concluded since the last call. */
export function takeTrials(): readonly Trial[] {
  const taken = concluded;
  concluded = [];
  return taken;
}

/**
 * Ends a trial: adds a line to the table and fails the test when anything was lost.
 *
 * @param losses one sentence for each thing that was lost, wrong, stuck or left behind
 */
export function concludeTrial({ losses, ...trial }: Omit<Trial, 'lost'> & { losses: readonly string[] }): void {
  concluded.push({ ...trial, lost: losses.length });
  assert.ok(trial.tried > 0, `"${trial.fault}" was never tried`);
  const seed = trial.seed === undefined ? '' : ` (seed ${trial.seed})`;
  assert.is(losses.length, 0, `${trial.fault}${seed}: ${losses.slice(0, 20).join('\n')}`);
}

/** A trial and its test file. */
export interface FileTrial extends Trial {
  file: string;
}

/** The table of all trials in Markdown, as in tests/trials/README.md. */
export function formatTrials(trials: readonly FileTrial[]): string {
  const lines = [...trials]
    .sort((a, b) => a.file.localeCompare(b.file))
    .map(({ file, fault, tried, unit, lost, seed }) => {
      const repeat = `npm run test:long -- ${seed === undefined ? '' : `--seed ${seed} `}${file}`;
      return `| ${fault} | ${tried.toLocaleString('en')} ${unit} | ${lost === 0 ? 'nothing' : lost} | \`${repeat}\` |`;
    });
  return ['| fault | tried | lost | again |', '|---|---|---|---|', ...lines, ''].join('\n');
}
