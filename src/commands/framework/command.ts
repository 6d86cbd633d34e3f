import type { ExitCode, Failure } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import type { SymbolOutcome } from '../../jobs/job.js';
import type { Sample } from '../../monitoring/prometheus.js';
import type { createPaint, Screen } from '../../terminal/screen.js';
import type { Document } from './document/document.js';
import type { Flags } from './options/flags.js';
import type { ArgumentText, OptionText, OutputOptions } from './options/options.js';

/** A command line, and what it does. */
export type Example = readonly [line: string, meaning: string];

/** The part of a command's result that the framework reads; the result of every job has it. */
export interface CommandResult {
  /** The row in `chartctl_jobs`; null or absent when no job was recorded. */
  jobId?: number | null;
  /** Default: 0. */
  exitCode?: ExitCode;
  /** How each symbol ended: failures are printed on standard error. */
  outcomes?: readonly SymbolOutcome<unknown>[];
  counts?: Readonly<Record<string, number>>;
  /** Why less was done than was asked for, where no symbol's outcome says it: it is printed on standard error. */
  problem?: Failure | undefined;
}

/** What jobs find out for the metrics while they run. */
export interface Observations {
  /** Whether the symbols' windows are to be measured after the work: that costs statements. */
  wantsWindows: boolean;
  /** The requests to exchanges so far. */
  usage: () => { requests: number; weight: number };
  windows: readonly Sample[];
  /** Symbols of which the metrics file must hold nothing. */
  retired: readonly string[];
  /** When a run of this command last succeeded according to the database, epoch milliseconds. */
  lastSuccessAt: number | undefined;
}

/** One call of a command. */
export interface Call {
  command: Command;
  /** The words that are not options. */
  args: readonly string[];
  flags: Flags;
  /** The options as they were typed, by their names in camel case. */
  raw: Readonly<Record<string, unknown>>;
  io: Io;
  output: OutputOptions;
  /** When the run began, in `performance.now()` time. */
  startedAt: number;
  /** The terminal that results are drawn on: undefined for a pipe, a file or `--json`. */
  screen: Screen | undefined;
  /** Messages that were shown and also belong into the JSON document. */
  notices: string[];
  /** Filled in by jobs, for the metrics. */
  observations: Observations;
  /** Every command of the program: for help and completion. */
  commands: CommandGroups;
}

/** The colours of one stream. */
export type Paint = ReturnType<typeof createPaint>;

/** How a result is shown to people. */
export interface View {
  paint: Paint;
  /** The width that tables and lines fit into; undefined: any. */
  columns: number | undefined;
  /** Whether every row and finding is shown. */
  verbose: boolean;
  /** How long the run took; undefined where it is not said. */
  seconds: number | undefined;
  screen: Screen | undefined;
  flags: Flags;
}

/**
 * A subcommand: its options, its work, and its result as text and as JSON.
 *
 * The members are methods so that commands with different results fit into one list.
 */
export interface Command<Result extends CommandResult = CommandResult> {
  name: string;
  /** Words that people type instead of the name: they are suggested, not understood. */
  otherNames?: readonly string[];
  /** Not shown in help, manuals and completion. */
  isHidden?: boolean;
  description: string;
  arguments?: readonly ArgumentText[];
  options: readonly OptionText[];
  /** Lines of the help between the options and the examples. */
  notes?: readonly string[];
  examples: readonly Example[];
  /** Changes nothing: it takes no locks, and without symbols it is about all in the database. */
  readOnly?: boolean;
  /** Reads the options of the call, throws all their problems together, and does the work. */
  run(call: Call): Promise<Result>;
  /** The result for people. */
  text(result: Result, view: View): string;
  /** Loads the declaration of the JSON document: only `--json` and `--json-schema` need it. */
  document?(): Promise<Document<Result>>;
  /** The exit code that `--exit-code` makes of the result. */
  exitCode?(result: Result): ExitCode;
  /** Whether standard output carries data, so that the text goes to standard error. */
  writesDataToStdout?(call: Call): boolean;
}

/** Commands by their headings in the help, in its order. */
export type CommandGroups = Readonly<Record<string, readonly Command[]>>;
