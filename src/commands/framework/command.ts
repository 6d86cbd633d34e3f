import type { ExitCode } from '../../core/failure.js';
import type { Environment, Io } from '../../core/io.js';
import type { JobContext, JobOptions, JobResult } from '../../jobs/job.js';
import type { Screen } from '../../terminal/screen.js';
import type { Column } from '../../terminal/table.js';
import type { Flags } from './flags.js';
import type { RunRecord } from './watch-run.js';

/** A flag with its argument, as in `--hours <n>`, and what it does. */
export type OptionText = readonly [flag: string, description: string];

/** A line to type, and what it does. */
export type Example = readonly [line: string, meaning: string];

/** What a subcommand over symbols declares: how it reads, what it runs, how its result is shown. */
export interface JobCommand<Own, Summary, Result extends JobResult<Summary> = JobResult<Summary>> {
  name: string;
  description: string;
  /** Changes nothing: it takes no locks, and without symbols it is about all in the database. */
  readOnly?: boolean;
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
  parse: (flags: Flags, stdout: NodeJS.WritableStream, environment: Environment, screen: Screen | undefined) => Own;
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

/** What every command gets from the program: the world, and where to leave its exit code. */
export interface Shell {
  /** As it is when the command begins: where messages go may depend on its flags. */
  io: Io;
  finish: (exitCode: ExitCode) => void;
  /** What monitors are told of the run, if somebody listens. */
  record?: RunRecord;
}
