import { quoteForShell } from '../core/shell-words.js';
import { foldersOf, type ScheduledJob } from './scheduled-job.js';

/** The machine that the jobs run on: where things are there, all by absolute paths. */
export interface Machine {
  node: string;
  script: string;
  /** Where a program of the person's runs: the folder in which the schedule was made. */
  folder: string;
  /** Holds DATABASE_URL and whatever else the jobs find in their environment. */
  environmentFile: string;
  /** Variables that are set for the person who makes the schedule, and which the jobs would not have by themselves. */
  variables: readonly string[];
  /** Who runs the jobs. */
  user?: string | undefined;
  /** Where the jobs' output is appended. */
  logFile?: string | undefined;
}

/** Folders that other users cannot look into, as a rule. */
const HOME_FOLDERS = /^\/(home|root)\//;

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
  const closed = [...read].filter((path) => HOME_FOLDERS.test(path));
  return [
    ...(written.length > 0 ? [`# ${user} must be able to write into ${written.join(', ')}`] : []),
    ...(closed.length > 0 ? [`# ${user} must be able to read ${closed.join(', ')}`] : []),
  ];
}

/**
 * How the environment file is made and what belongs into it. No value is named, only variables; a file that is there
 * already stays as it is.
 *
 * @param owner who must be able to read it; root if not given
 */
export function environmentSteps(
  jobs: readonly ScheduledJob[],
  { environmentFile, variables }: Pick<Machine, 'environmentFile' | 'variables'>,
  owner?: string,
): string[] {
  const file = quoteForShell(environmentFile);
  const isOthers = owner !== undefined && owner !== 'root';
  const asOwner = isOthers ? ` -o ${quoteForShell(owner)}` : '';
  const mayRead = isOthers ? `    # ${owner} must be able to read it` : '';
  const others = variables.filter((name) => name !== 'DATABASE_URL');
  const missing = new Set(jobs.flatMap(({ secrets }) => secrets.filter((name) => name !== 'DATABASE_URL')));
  for (const name of others) missing.delete(name);
  return [
    `[ -e ${file} ] || install -m 600${asOwner} /dev/null ${file}${mayRead}`,
    `# No password is in what was made here: ${environmentFile} holds them, each variable on a line NAME='value':`,
    `#   DATABASE_URL='postgres://USER:PASSWORD@HOST:PORT/DATABASE'`,
    ...[...missing].map((name) => `#   ${name}='...'`),
    ...(others.length > 0 ? [`# and these, which are set here now: ${others.join(', ')}`] : []),
  ];
}
