/** When a job runs, in UTC. */
export type Timing =
  { every: 'minute' } | { every: 'hour'; minute: number } | { every: 'day'; hour: number; minute: number };

/** A command of chartctl that a scheduler runs again and again. */
export interface ScheduledJob {
  /** Part of unit and object names: lower-case letters and dashes. */
  name: string;
  /** What it does, for people who read the files. */
  about: string;
  /** The arguments after `chartctl`. */
  args: readonly string[];
  when: Timing;
  /** So long it may take; undefined when a program of the person's runs in it. */
  limitMinutes: number | undefined;
  /** Absolute paths of the files that it makes. */
  writes: readonly string[];
  /** Variables that it reads secrets from. */
  secrets: readonly string[];
  /** Whether its result says more than how it ended: then that belongs into the log. */
  logsResult: boolean;
  /** Whether it runs a program of the person's, which may need anything. */
  runsProgram: boolean;
}

/** A file that a scheduler reads. */
export interface ScheduleFile {
  /** Its usual name, relative. */
  path: string;
  text: string;
}

/** Ready files, and what a person does with them. */
export interface Schedule {
  files: readonly ScheduleFile[];
  /** Commands to type, and between them comments of the shell. */
  steps: readonly string[];
}

/** Lines as comments of a file: what is no comment yet is a command, and indented. */
export function toComments(lines: readonly string[]): string[] {
  return lines.map((line) => (line.startsWith('#') ? line : `#   ${line}`));
}

/** The folders that files lie in, each once; `.` for a name without one. */
export function foldersOf(files: readonly string[]): string[] {
  return [...new Set(files.map((file) => (file.includes('/') ? file.replace(/\/[^/]*$/, '') || '/' : '.')))];
}

/** The five fields: minute, hour, day of the month, month, day of the week. */
export function toCronTimes(when: Timing): string {
  if (when.every === 'minute') return '* * * * *';
  return `${when.minute} ${when.every === 'hour' ? '*' : when.hour} * * *`;
}
