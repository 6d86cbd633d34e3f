/** The environment variables that hold the jobs' secrets. */
export const DATABASE_URL = 'DATABASE_URL';
export const WEBHOOK_SECRET = 'CHARTCTL_WEBHOOK_SECRET';

/** When a job runs, in UTC. */
export type Timing =
  { every: 'minute' } | { every: 'hour'; minute: number } | { every: 'day'; hour: number; minute: number };

/** A command of chartctl that a scheduler runs regularly. */
export interface ScheduledJob {
  /** Part of unit and object names: lower-case letters and dashes. */
  name: string;
  /** What it does, for a comment in the generated files. */
  about: string;
  /** The arguments after `chartctl`. */
  args: readonly string[];
  when: Timing;
  /** How long after the beginning of its minute it begins, where the scheduler has seconds. */
  delaySeconds: number;
  /** Time limit; undefined when it runs a program of the user's, of unknown duration. */
  limitMinutes: number | undefined;
  /** Absolute paths of the files that it writes. */
  writes: readonly string[];
  /** Environment variables that hold its secrets. */
  secrets: readonly string[];
  /** Whether its result is logged, because it says more than the exit code. */
  logsResult: boolean;
  /** Whether it runs a program of the user's, whose needs are unknown. */
  runsProgram: boolean;
}

/** A file that a scheduler reads. */
export interface ScheduleFile {
  /** Its usual name, relative. */
  path: string;
  text: string;
}

/** The generated files, and how they are installed. */
export interface Schedule {
  files: readonly ScheduleFile[];
  /** Shell commands, with comments between them. */
  steps: readonly string[];
}

/** Lines as comments of a file; a line that is not a comment is a command and is indented. */
export function toComments(lines: readonly string[]): string[] {
  return lines.map((line) => (line.startsWith('#') ? line : `#   ${line}`));
}

/** The folders of the files, each once; `.` for a name without a folder. */
export function foldersOf(files: readonly string[]): string[] {
  return [...new Set(files.map((file) => (file.includes('/') ? file.replace(/\/[^/]*$/, '') || '/' : '.')))];
}

/** The five fields: minute, hour, day of the month, month, day of the week. */
export function toCronTimes(when: Timing): string {
  if (when.every === 'minute') return '* * * * *';
  return `${when.minute} ${when.every === 'hour' ? '*' : when.hour} * * *`;
}
