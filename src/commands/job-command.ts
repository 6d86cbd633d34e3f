import type { Writable } from 'node:stream';
import type { Flags } from '../cli/flags.js';
import type { Screen } from '../cli/screen.js';
import type { Column } from '../cli/table.js';
import type { Environment } from '../core/config.js';
import type { ExitCode } from '../core/failure.js';
import type { JobContext } from '../jobs/context.js';
import type { JobOptions, JobResult } from '../jobs/result.js';

/** A flag with its argument, as in `--hours <n>`, and what it does. */
export type OptionText = readonly [flag: string, description: string];

/** A line to type, and what it does. */
export type Example = readonly [line: string, meaning: string];

/** What a subcommand over symbols declares: how it reads, what it runs, how its result is shown. */
export interface JobCommand<Own, Summary, Result extends JobResult<Summary> = JobResult<Summary>> {
  name: string;
  description: string;
  /** Changes nothing: it takes no locks, and without symbols it is about all in the database. */
  isQuestion?: boolean;
  options: readonly OptionText[];
  /** Lines of the help between the options and the examples. */
  notes?: readonly string[];
  examples: readonly Example[];
  /**
   * Reads the command's own flags; problems are left in `flags.problems`.
   *
   * @param environment the process's, without `.env`
   * @param screen the terminal that the result is drawn on: none for a pipe, a file or `--json`
   */
  parse: (flags: Flags, stdout: Writable, environment: Environment, screen: Screen | undefined) => Own;
  /** Imports the job, which only this command needs; that happens while the database is being connected to. */
  load: () => Promise<(context: JobContext, options: Own & JobOptions) => Promise<Result>>;
  /** The table for people: a row for each symbol. */
  columns: readonly Column<Summary>[];
  /** Lines below the table about one symbol. */
  details?: (summary: Summary) => string[];
  /** Lines below the table about the whole. */
  conclusion?: (result: Result) => string[];
  /** Members of the JSON document beside `symbols`. */
  extra?: (result: Result) => object;
  /** What `--exit-code` makes of the result. */
  exitCode?: (result: Result) => ExitCode;
  /** Whether standard output carries the job's data, so that the report goes to stderr. */
  takesStdout?: (options: Own) => boolean;
}
