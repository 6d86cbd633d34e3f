import { CommanderError, type Command } from 'commander';
import { formatFailure, toFailureDocument } from '../cli/failure-text.js';
import type { Io } from '../cli/io.js';
import { formatJson } from '../cli/json-document.js';
import { createPaint } from '../cli/paint.js';
import { redactPasswords } from '../cli/redact.js';
import { isReaderGone, writeText } from '../cli/write-text.js';
import { EXIT_CODES, Failure, type ExitCode } from '../core/failure.js';
import { createProgram, toUsageFailure } from './program.js';

/**
 * The program: runs one command line and answers its exit code. Nothing is thrown.
 *
 * @param argv the arguments after the program's name
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  // each write learns of its error by its callback; without a listener Node would throw it as well
  io.stdout.on('error', () => undefined);
  io.stderr.on('error', () => undefined);
  let exitCode: ExitCode = EXIT_CODES.done;
  const program = createProgram({ io, finish: (code) => (exitCode = code) });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    const problem = error instanceof CommanderError ? toUsageFailure(error) : error;
    if (problem === undefined || isReaderGone(problem)) return EXIT_CODES.done;
    return reportProblem(problem, argv, program, io);
  }
}

/** Says what went wrong: to people on stderr, with `--json` also to programs on stdout. */
async function reportProblem(problem: unknown, argv: readonly string[], program: Command, io: Io): Promise<ExitCode> {
  const exitCode = problem instanceof Failure ? problem.exitCode : EXIT_CODES.failed;
  const paint = createPaint(io.isTerminal.stderr, io.env, !argv.includes('--no-color'));
  await writeText(io.stderr, redactPasswords(formatFailure(problem, paint)));
  if (!argv.includes('--json')) return exitCode;
  const command = program.commands.find((candidate) => argv.includes(candidate.name()))?.name() ?? null;
  const error = toFailureDocument(problem);
  const document = { command, ok: false, exitCode, jobId: null, symbols: [], error };
  await writeText(io.stdout, redactPasswords(formatJson(document)));
  return exitCode;
}
