import type { ExitCode } from '../../../src/core/failure.js';
import type { Direction, ProxiedConnection, TriggerPoint } from '../../harness/faulty-proxy.js';
import type { Random } from '../../harness/random.js';
import { findPartialFiles, type JobRunResult, type JobTestbed } from './job-testbed.js';
import type { JobName } from './jobs.js';

/** A fault in a run of a job, its point, and the allowed results. */
export interface Disturbance {
  /** The name of the fault, as in "reset". */
  what: string;
  point: TriggerPoint;
  act: (connection: ProxiedConnection) => void | Promise<void>;
  mayEndWith: readonly ExitCode[];
  /** Repairs what the repeat needs. */
  between?: () => Promise<void>;
  /** The time limit of the run. */
  limitMs: number;
  /** Parameters of the connection. */
  parameters?: Readonly<Record<string, string>>;
}

/** Runs a disturbed job, then repeats it until it is done; one sentence for everything lost, wrong or partial. */
export async function disturb(bench: JobTestbed, job: JobName, disturbance: Disturbance): Promise<string[]> {
  const { what, point, act, parameters } = disturbance;
  await bench.reference(job);
  await bench.reset(job);
  bench.proxy.onceAt(point, act);
  const end = await bench.run(job, parameters).catch((error: unknown) => describeBug(error));
  const losses = [...checkResult(end, disturbance), ...findPartialFiles(bench.files())];
  await disturbance.between?.();
  // a job that reports success must have done its work
  if (typeof end !== 'string' && end.exitCode === 0) losses.push(...(await bench.compare(job)));
  losses.push(...(await bench.repeat(job)));
  return losses.map((loss) => `${job}, ${what} at ${JSON.stringify(point)}: ${loss}`);
}

/** A random byte of the traffic of an undisturbed run, in a random direction. */
export async function pickByte(bench: JobTestbed, job: JobName, random: Random): Promise<TriggerPoint> {
  const { passed } = await bench.reference(job);
  const direction = random.pick<Direction>(['to server', 'to client']);
  return { direction, bytes: 1 + random.integerBelow(passed[direction]) };
}

function checkResult(end: JobRunResult | string, { mayEndWith, limitMs }: Disturbance): string[] {
  if (typeof end === 'string') return [end];
  const messages = end.failures.map(({ message, hint }) => `${message} (${hint})`).join('; ');
  const isUnclear = end.exitCode !== 0 && end.failures.some(({ hint }) => hint === undefined);
  return [
    ...(mayEndWith.includes(end.exitCode) ? [] : [`it ended with ${end.exitCode}: ${messages}`]),
    ...(isUnclear ? [`there was no hint: ${messages}`] : []),
    ...(end.ms <= limitMs ? [] : [`it took ${Math.round(end.ms)} ms`]),
  ];
}

function describeBug(error: unknown): string {
  return `it failed as a bug does: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
