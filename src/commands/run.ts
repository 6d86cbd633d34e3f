import type { ExitCode } from '../core/failure.js';
import type { Io } from '../core/io.js';
import { COMMANDS } from './commands.js';
import { runCommandLine } from './framework/run.js';

/**
 * The program: runs one command line and returns its exit code. Nothing is thrown.
 *
 * @param argv the arguments after the program's name
 */
export function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return runCommandLine(COMMANDS, argv, io);
}
