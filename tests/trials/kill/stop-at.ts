import type { DatabaseConfig } from '../../../src/core/config.js';
import type { ProcessEnd, ProcessExit, RunningProcess } from '../../harness/chartctl-process.js';
import { watchWriting } from './watch-writing.js';

/** When a process is stopped: so long after its start, or so long after a sign of its writing. */
export type Instant = { afterMs: number; sign?: number };

/** How a run went that was not stopped. */
export interface Pace {
  durationMs: number;
  signs: number;
}

/** A share of the instants lies anywhere in a run, the others where something is being written. */
const ANYWHERE = 0.35;
const AFTER_SIGN_MS = 15;

/** Runs are not equally long: later instants would mostly find the process gone. */
const LATEST = 0.9;

/** Some instant of a run. */
export function chooseInstant(dice: () => number, { durationMs, signs }: Pace): Instant {
  if (signs === 0 || dice() < ANYWHERE) return { afterMs: dice() * LATEST * durationMs };
  return { sign: 1 + Math.floor(dice() * LATEST * signs), afterMs: dice() * AFTER_SIGN_MS };
}

/** Runs a process to its end, and says how it went. */
export async function runUndisturbed(
  { config, folder }: { config: DatabaseConfig; folder: string },
  start: () => RunningProcess,
): Promise<{ end: ProcessEnd; pace: Pace }> {
  let signs = 0;
  const unwatch = await watchWriting(config, folder, () => (signs += 1));
  const startedAt = performance.now();
  const end = await start().ended;
  const durationMs = performance.now() - startedAt;
  await unwatch();
  return { end, pace: { durationMs, signs } };
}

/** Starts a process and sends it a signal at an instant; answers how it ended, by that or because it was through. */
export async function stopAt(
  { config, folder }: { config: DatabaseConfig; folder: string },
  start: () => RunningProcess,
  signal: NodeJS.Signals,
  { sign = 0, afterMs }: Instant,
): Promise<ProcessExit> {
  let left = sign;
  let timer: NodeJS.Timeout | undefined;
  const stopSoon = () => (timer ??= setTimeout(() => running.kill(signal), afterMs));
  const unwatch = sign > 0 ? await watchWriting(config, folder, () => (left -= 1) || stopSoon()) : undefined;
  const running = start();
  if (sign === 0) stopSoon();
  const exit = await running.gone;
  clearTimeout(timer);
  await unwatch?.();
  return exit;
}
