import { type Command, CommanderError } from 'commander';
import { EXIT_CODES, type ExitCode, Failure } from '../core/failure.js';
import type { Io } from '../core/io.js';
import { redactPasswords } from '../core/secrets.js';
import { formatJson, toFailureDocument } from '../terminal/json.js';
import { OutputClosedError, print } from '../terminal/output.js';
import { formatFailure, printFailure } from '../terminal/print-failure.js';
import { createPaint } from '../terminal/screen.js';
import type { Shell } from './framework/command.js';
import { RunFrame } from './framework/run-frame.js';
import { createProgram, toUsageFailure } from './program.js';

/**
 * The value of a flag in a command line that was not understood as a whole: `--flag value` or `--flag=value`, the last
 * one if it is repeated.
 */
export function scanFlag(argv: readonly string[], flag: string): string | undefined {
  const place = argv.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = argv[place];
  return word === flag ? argv[place + 1] : word?.slice(flag.length + 1);
}

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
  const shell: Shell = { io, finish: (code) => (exitCode = code) };
  const frame = new RunFrame(shell);
  const program = createProgram(shell, (text) => help.push(text), argv[0]);
  program.hook('preAction', (_, command) => frame.begin(command.name(), command.opts(), flagsOf(command)));
  try {
    await parse(program, argv);
    await print(io.stdout, help.join(''));
  } catch (error) {
    if (!(error instanceof OutputClosedError)) exitCode = await reportProblem(error, argv, program, { shell, frame });
  }
  await frame.end(exitCode, { quiet: argv.includes('--quiet') });
  return exitCode;
}

/** Commands whose flags for watchers are about other runs: those that are planned, or whether they can be watched. */
const NOT_WATCHED = ['schedule', 'doctor'];

/** The flags that are about this run. */
function flagsOf(command: Command): string[] {
  if (NOT_WATCHED.includes(command.name())) return [];
  return command.options.flatMap(({ long }) => long ?? []);
}

async function parse(program: Command, argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw toUsageFailure(error);
  }
}

interface Called {
  shell: Shell;
  frame: RunFrame;
}

/** Says what went wrong: to people on stderr, with `--json` also to programs on stdout. */
async function reportProblem(
  problem: unknown,
  argv: readonly string[],
  program: Command,
  { shell, frame }: Called,
): Promise<ExitCode> {
  const exitCode = problem instanceof Failure ? problem.exitCode : EXIT_CODES.failed;
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  if (!frame.hasBegun) await frame.begin(command?.name() ?? null, scanFlags(argv), command ? flagsOf(command) : []);
  const { io } = shell;
  const paint = createPaint(io.isTerminal.stderr, io.env, !argv.includes('--no-color'));
  const tell = (error: unknown) => printFailure(io.stderr, error, paint);
  await tell(problem);
  const { summary } = frame.record;
  frame.record.summary = () => `${redactPasswords(formatFailure(problem, createPaint(false, {}, false)))}${summary()}`;
  if (!argv.includes('--json')) return exitCode;
  const document = {
    command: command?.name() ?? null,
    ok: false,
    exitCode,
    jobId: null,
    symbols: [],
    error: toFailureDocument(problem),
  };
  try {
    await print(io.stdout, redactPasswords(formatJson(document)));
    return exitCode;
  } catch (error) {
    if (!(problem instanceof Failure && problem.code === toFailureDocument(error).code)) await tell(error);
    return EXIT_CODES.failed;
  }
}

const SCANNED = ['--config', '--log-format', '--metrics-file', '--ping-url'];

/** Who is to be told of a call that was not understood, and how. */
function scanFlags(argv: readonly string[]): Record<string, unknown> {
  const [config, logFormat, metricsFile, pingUrl] = SCANNED.map((flag) => scanFlag(argv, flag));
  return { config, logFormat, metricsFile, pingUrl };
}
