import type { Machine } from './machine.js';
import { quoteForShell } from '../core/quote-for-shell.js';
import { foldersOf, type ScheduledJob } from './scheduled-job.js';

/** Folders that other users cannot look into, as a rule. */
const HOMES = /^\/(home|root)\//;

/** Makes the user of the jobs where there is none of that name. */
export function userStep(user: string): string {
  const name = quoteForShell(user);
  return `id ${name} || useradd --system --no-create-home ${name}`;
}

/** What the user of the jobs must be able to reach and does not by himself; nothing for root. */
export function accessSteps(
  jobs: readonly ScheduledJob[],
  { node, script, folder, user }: Pick<Machine, 'node' | 'script' | 'folder' | 'user'>,
): string[] {
  if (user === undefined || user === 'root') return [];
  const written = foldersOf(jobs.flatMap(({ writes }) => writes));
  const entered = jobs.some(({ runsProgram }) => runsProgram) ? [`${folder}/`] : [];
  const read = new Set([node, script, ...entered, ...jobs.flatMap(({ args }) => args)]);
  for (const path of jobs.flatMap(({ writes }) => writes)) read.delete(path);
  const closed = [...read].filter((path) => HOMES.test(path));
  return [
    ...(written.length > 0 ? [`# ${user} must be able to write into ${written.join(', ')}`] : []),
    ...(closed.length > 0 ? [`# ${user} must be able to read ${closed.join(', ')}`] : []),
  ];
}
