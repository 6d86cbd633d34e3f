import type { Io } from '../cli/io.js';
import type { ExitCode } from '../core/failure.js';
import type { RunRecord } from './run-record.js';

/** What every command gets from the program: the world, and where to leave its exit code. */
export interface Shell {
  /** As it is when the command begins: where messages go may depend on its flags. */
  io: Io;
  finish: (exitCode: ExitCode) => void;
  /** What monitors are told of the run, if somebody listens. */
  record?: RunRecord;
}
