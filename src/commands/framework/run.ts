import { EXIT_CODES, strongestExitCode, type ExitCode } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { OutputClosedError, print, printMessage } from '../../terminal/output.js';
import { readScreen } from '../../terminal/screen.js';
import type { Call, Command, CommandGroups } from './command.js';
import { noteUnknownVariables } from './notices.js';
import { readOutputOptions } from './options/options.js';
import { findCommand, formatShortHelp, parseCommandLine, type ParsedCall, scanFlag } from './parse-command-line.js';
import { printProblem, printResult } from './print-result.js';
import { readFlags } from './options/read-config.js';
import { Session } from './session.js';

/**
 * Runs one command line and returns its exit code. Nothing is thrown.
 *
 * @param argv the arguments after the program's name
 */
export async function runCommandLine(groups: CommandGroups, argv: readonly string[], io: Io): Promise<ExitCode> {
  // the callback of each write receives its error; without a listener Node would throw it as well
  io.stdout.on('error', () => undefined);
  io.stderr.on('error', () => undefined);
  const session = new Session(io);
  let exitCode: ExitCode = EXIT_CODES.done;
  try {
    if (argv.length === 0) {
      await printMessage(io.stderr, formatShortHelp());
      return EXIT_CODES.usage;
    }
    const schema = argv.includes('--json-schema') ? await formatSchema(findCommand(groups, argv)) : undefined;
    const parsed = schema ?? parseCommandLine(groups, argv);
    if (typeof parsed === 'string') await print(io.stdout, parsed);
    else exitCode = await runCall(groups, parsed, session);
  } catch (error) {
    if (!(error instanceof OutputClosedError)) {
      const command = findCommand(groups, argv);
      await session.begin(command, scanFlags(argv));
      session.problem = error;
      exitCode = await printProblem(error, command, session.io, argv);
    }
  }
  await session.end(exitCode, { quiet: argv.includes('--quiet') });
  return exitCode;
}

/** The schema of a command's document: as for `--help`, nothing else of the call is read, and no configuration. */
async function formatSchema(command: Command | undefined): Promise<string | undefined> {
  const document = await command?.document?.();
  if (!command || !document) return undefined;
  const { toDocumentSchema } = await import('./document/document.js');
  return `${JSON.stringify(toDocumentSchema(command.name, document), null, 2)}\n`;
}

async function runCall(groups: CommandGroups, { command, args, raw }: ParsedCall, session: Session): Promise<ExitCode> {
  await session.begin(command, raw);
  const { io, observations } = session;
  const flags = await readFlags(raw, io);
  const output = readOutputOptions(flags);
  const screen = output.json ? undefined : readScreen(io);
  const call: Call = {
    command,
    args,
    flags,
    raw,
    io,
    output,
    startedAt: session.startedAt,
    screen,
    notices: [],
    observations,
    commands: groups,
  };
  await noteUnknownVariables(call);
  const result = await command.run(call);
  const conditionCode = flags.isSet('--exit-code') ? command.exitCode?.(result) : undefined;
  const exitCode = strongestExitCode([result.exitCode ?? EXIT_CODES.done, conditionCode ?? EXIT_CODES.done]);
  session.finished = { call, result };
  await printResult(call, result, exitCode);
  return exitCode;
}

const SCANNED_FLAGS = ['--config', '--log-format', '--metrics-file', '--ping-url'] as const;

/** The options that a session needs, of a command line that may not have been parsed as a whole. */
function scanFlags(argv: readonly string[]): Record<string, unknown> {
  const [config, logFormat, metricsFile, pingUrl] = SCANNED_FLAGS.map((flag) => scanFlag(argv, flag));
  return { config, logFormat, metricsFile, pingUrl };
}
