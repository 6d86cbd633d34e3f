import { quoteForShell } from '../core/shell-words.js';
import { DATABASE_URL, foldersOf, type ScheduledJob } from './scheduled-job.js';

/** The machine that the jobs run on. All paths are absolute. */
export interface Machine {
  node: string;
  script: string;
  /** The working directory of the `--exec` program: the folder in which the schedule was made. */
  folder: string;
  /** The file with DATABASE_URL and the other environment variables of the jobs. */
  environmentFile: string;
  /** Variables that are set where the schedule is made, and which the jobs need too. */
  variables: readonly string[];
  /** The system user that runs the jobs. */
  user?: string | undefined;
  /** The file that the jobs' output is appended to. */
  logFile?: string | undefined;
}

/** Folders that other users usually cannot read. */
const HOME_FOLDERS = /^\/(home|root)\//;

/** The command that creates the jobs' user if it does not exist. */
export function userStep(user: string): string {
  const name = quoteForShell(user);
  return `id ${name} || useradd --system --no-create-home ${name}`;
}

/** Comments that name the paths to which the jobs' user needs access that it may not have; none for root. */
export function accessSteps(
  jobs: readonly ScheduledJob[],
  { node, script, folder, user }: Pick<Machine, 'node' | 'script' | 'folder' | 'user'>,
): string[] {
  if (user === undefined || user === 'root') return [];
  const written = foldersOf(jobs.flatMap(({ writes }) => writes));
  const workingFolders = jobs.some(({ runsProgram }) => runsProgram) ? [`${folder}/`] : [];
  const read = new Set([node, script, ...workingFolders, ...jobs.flatMap(({ args }) => args)]);
  for (const path of jobs.flatMap(({ writes }) => writes)) read.delete(path);
  const unreadable = [...read].filter((path) => HOME_FOLDERS.test(path));
  return [
    ...(written.length > 0 ? [`# ${user} must be able to write into ${written.join(', ')}`] : []),
    ...(unreadable.length > 0 ? [`# ${user} must be able to read ${unreadable.join(', ')}`] : []),
  ];
}

/**
 * The command that creates the environment file, and comments with the variables that it must hold, without their values.
 * An existing file is not changed.
 *
 * @param owner the user that must be able to read it; root if not given
 */
export function environmentSteps(
  jobs: readonly ScheduledJob[],
  { environmentFile, variables }: Pick<Machine, 'environmentFile' | 'variables'>,
  owner?: string,
): string[] {
  const file = quoteForShell(environmentFile);
  const isOtherUser = owner !== undefined && owner !== 'root';
  const asOwner = isOtherUser ? ` -o ${quoteForShell(owner)}` : '';
  const mayRead = isOtherUser ? `    # ${owner} must be able to read it` : '';
  const others = variables.filter((name) => name !== DATABASE_URL);
  const missing = new Set(jobs.flatMap(({ secrets }) => secrets.filter((name) => name !== DATABASE_URL)));
  for (const name of others) missing.delete(name);
  return [
    `[ -e ${file} ] || install -m 600${asOwner} /dev/null ${file}${mayRead}`,
    `# The generated files hold no password. Write each variable into ${environmentFile} as a line NAME='value':`,
    `#   ${DATABASE_URL}='postgres://USER:PASSWORD@HOST:PORT/DATABASE'`,
    ...[...missing].map((name) => `#   ${name}='...'`),
    ...(others.length > 0 ? [`# and these, which are set in your environment: ${others.join(', ')}`] : []),
  ];
}
