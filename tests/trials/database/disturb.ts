import type { ExitCode } from '../../../src/core/failure.js';
import type { Direction, ProxiedConnection, TriggerPoint } from '../../harness/faulty-proxy.js';
import type { Random } from '../../harness/random.js';
import { findPartialFiles, type JobRunResult, type JobTestbed } from './job-testbed.js';
import type { JobName } from './jobs.js';

/** What goes wrong in a run of a job, when, and how the run may end. */
export interface Disturbance {
  /** For the report, as in "reset". */
  what: string;
  moment: TriggerPoint;
  act: (connection: ProxiedConnection) => void | Promise<void>;
  mayEndWith: readonly ExitCode[];
  /** Makes good again what the repeat needs. */
  between?: () => Promise<void>;
  /** The run must be over after so long. */
  limitMs: number;
  /** Parameters of the connection. */
  parameters?: Readonly<Record<string, string>>;
}

/** Runs a job that is disturbed, then again until it is done: answers what was lost, wrong or half there. */
export async function disturb(bench: JobTestbed, job: JobName, disturbance: Disturbance): Promise<string[]> {
  const { what, moment, act, parameters } = disturbance;
  await bench.reference(job);
  await bench.reset(job);
  bench.proxy.onceAt(moment, act);
  const end = await bench.run(job, parameters).catch((error: unknown) => describeBug(error));
  const losses = [...checkResult(end, disturbance), ...findPartialFiles(bench.files())];
  await disturbance.between?.();
  // who says that he is done must be
  if (typeof end !== 'string' && end.exitCode === 0) losses.push(...(await bench.compare(job)));
  losses.push(...(await bench.repeat(job)));
  return losses.map((loss) => `${job}, ${what} at ${JSON.stringify(moment)}: ${loss}`);
}

/** A byte of what goes either way in an undisturbed run; mostly of the way on which more goes, as a copy does. */
export async function pickByte(bench: JobTestbed, job: JobName, dice: Random): Promise<TriggerPoint> {
  const { passed } = await bench.reference(job);
  const direction = dice.pick<Direction>(['to server', 'to client']);
  return { direction, bytes: 1 + dice.integerBelow(passed[direction]) };
}

function checkResult(end: JobRunResult | string, { mayEndWith, limitMs }: Disturbance): string[] {
  if (typeof end === 'string') return [end];
  const told = end.failures.map(({ message, hint }) => `${message} (${hint})`).join('; ');
  const isUnclear = end.exitCode !== 0 && end.failures.some(({ hint }) => hint === undefined);
  return [
    ...(mayEndWith.includes(end.exitCode) ? [] : [`it ended with ${end.exitCode}: ${told}`]),
    ...(isUnclear ? [`there was no hint: ${told}`] : []),
    ...(end.ms <= limitMs ? [] : [`it took ${Math.round(end.ms)} ms`]),
  ];
}

function describeBug(error: unknown): string {
  return `it failed as a bug does: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
