import { CommanderError, type Command } from 'commander';
import { formatFailure, toFailureDocument } from '../cli/failure-text.js';
import type { Io } from '../cli/io.js';
import { formatJson } from '../cli/json-document.js';
import { createPaint } from '../cli/paint.js';
import { redactPasswords } from '../cli/redact.js';
import { print, printMessage, ReaderGone } from '../cli/write-out.js';
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
  const help: string[] = [];
  const program = createProgram({ io, finish: (code) => (exitCode = code) }, (text) => help.push(text), argv[0]);
  try {
    await parse(program, argv);
    await print(io.stdout, help.join(''));
    return exitCode;
  } catch (error) {
    if (error instanceof ReaderGone) return exitCode;
    return reportProblem(error, argv, program, io);
  }
}

async function parse(program: Command, argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw toUsageFailure(error);
  }
}

/** Says what went wrong: to people on stderr, with `--json` also to programs on stdout. */
async function reportProblem(problem: unknown, argv: readonly string[], program: Command, io: Io): Promise<ExitCode> {
  const exitCode = problem instanceof Failure ? problem.exitCode : EXIT_CODES.failed;
  const paint = createPaint(io.isTerminal.stderr, io.env, !argv.includes('--no-color'));
  const tell = (error: unknown) => printMessage(io.stderr, redactPasswords(formatFailure(error, paint)));
  await tell(problem);
  if (!argv.includes('--json')) return exitCode;
  const command = program.commands.find((candidate) => argv.includes(candidate.name()))?.name() ?? null;
  const document = { command, ok: false, exitCode, jobId: null, symbols: [], error: toFailureDocument(problem) };
  try {
    await print(io.stdout, redactPasswords(formatJson(document)));
    return exitCode;
  } catch (error) {
    if (!(problem instanceof Failure && problem.code === toFailureDocument(error).code)) await tell(error);
    return EXIT_CODES.failed;
  }
}
