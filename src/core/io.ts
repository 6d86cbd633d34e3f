/** Variables of the environment, or of `.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The process as a command sees it; only `bin` makes it from the real one. */
export interface Io {
  /** Results only. */
  stdout: NodeJS.WritableStream;
  /** Messages and progress. */
  stderr: NodeJS.WritableStream;
  stdin: {
    /** Whether it is a terminal, at which questions can be answered. */
    isTerminal: boolean;
    /** The stream; opening it changes the state of a terminal, so that only a command that reads it does. */
    open: () => NodeJS.ReadableStream;
  };
  env: Environment;
  /** The working directory: relative paths and `.env` are looked up there. */
  cwd: string;
  /** The absolute paths of the running Node and of its script. */
  program: { node: string; script: string };
  /** Whether each stream of the output is a terminal. */
  isTerminal: { stdout: boolean; stderr: boolean };
  /** Aborted with a `Failure` (interrupted or terminated) by SIGINT, SIGTERM or SIGHUP. */
  signal: AbortSignal;
}
