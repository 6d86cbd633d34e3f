import * as assert from 'uvu/assert';

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
export function concludedTrials(): readonly Trial[] {
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
