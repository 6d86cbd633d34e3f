import type { Writable } from 'node:stream';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The world as a command sees it; only `bin` fills it from the process. */
export interface Io {
  /** Results only. */
  stdout: Writable;
  /** Messages and progress. */
  stderr: Writable;
  env: Environment;
  /** The working directory: relative paths and `.env` are looked up there. */
  cwd: string;
  /** The absolute paths of what runs now: Node and the script it was given. */
  program: { node: string; script: string };
  /** Whether a person watches the stream. */
  isTerminal: { stdout: boolean; stderr: boolean };
  /** Aborted with a `Failure` (interrupted or terminated) when the person or the system asks to stop. */
  signal: AbortSignal;
}
