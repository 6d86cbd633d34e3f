import type { Io } from '../cli/io.js';
import type { ExitCode } from '../core/failure.js';

/** What every command gets from the program: the world, and where to leave its exit code. */
export interface Shell {
  io: Io;
  finish: (exitCode: ExitCode) => void;
}
