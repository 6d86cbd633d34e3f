import { Command, type CommanderError } from 'commander';
import { Writable } from 'node:stream';
import { Failure } from '../core/failure.js';
import { VERSION } from '../core/version.js';
import { backfillCommand } from './backfill.js';
import { checkRetrainCommand } from './check-retrain.js';
import { cleanCommand } from './clean.js';
import { addCompleteSymbolsCommand, addCompletionCommand } from './completion.js';
import { addConfigCommand } from './config.js';
import { addDemoCommand } from './demo.js';
import { addDoctorCommand } from './doctor.js';
import { exportTrainingSetCommand } from './export-training-set.js';
import { addJobCommand } from './framework/add-job-command.js';
import type { Shell } from './framework/command.js';
import { addHelpCommand, addHelpNotes } from './framework/help.js';
import { addPlainCommand } from './framework/plain-command.js';
import { historyCommand } from './history.js';
import { ingestCommand } from './ingest.js';
import { jobsCommand } from './jobs.js';
import { migrateCommand } from './migrate.js';
import { rebuildCommand } from './rebuild.js';
import { reportCommand } from './report.js';
import { addScheduleCommand } from './schedule/schedule.js';
import { statusCommand } from './status/status.js';
import { undoCommand } from './undo.js';
import { verifyCommand } from './verify.js';

const EXAMPLES = [
  ['chartctl demo', 'a first look, without a database'],
  ['chartctl backfill BTCUSDT --hours 12', 'fill the past 12 hours'],
  ['chartctl ingest --all --if-locked skip', 'every minute, from cron'],
  ['chartctl COMMAND --help', "a command's flags and examples"],
] as const;

/** How each subcommand puts itself on the program, in the order of the help. */
const COMMANDS: Readonly<Record<string, (program: Command, shell: Shell) => void>> = {
  ingest: (program, shell) => addJobCommand(program, shell, ingestCommand),
  backfill: (program, shell) => addJobCommand(program, shell, backfillCommand),
  clean: (program, shell) => addJobCommand(program, shell, cleanCommand),
  rebuild: (program, shell) => addJobCommand(program, shell, rebuildCommand),
  'export-training-set': (program, shell) => addJobCommand(program, shell, exportTrainingSetCommand),
  'check-retrain': (program, shell) => addJobCommand(program, shell, checkRetrainCommand),
  undo: (program, shell) => addPlainCommand(program, shell, undoCommand),
  status: (program, shell) => addJobCommand(program, shell, statusCommand),
  report: (program, shell) => addJobCommand(program, shell, reportCommand),
  verify: (program, shell) => addJobCommand(program, shell, verifyCommand),
  history: (program, shell) => addPlainCommand(program, shell, historyCommand),
  jobs: (program, shell) => addPlainCommand(program, shell, jobsCommand),
  doctor: addDoctorCommand,
  demo: addDemoCommand,
  migrate: (program, shell) => addPlainCommand(program, shell, migrateCommand),
  schedule: addScheduleCommand,
  config: addConfigCommand,
  completion: (program, shell) => addCompletionCommand(program, shell, () => createProgram(shell, () => undefined)),
  'complete-symbols': addCompleteSymbolsCommand,
};

/** Headings of the help, by the command that each begins with. */
const HEADINGS: Readonly<Record<string, string>> = {
  ingest: 'Keep the data right:',
  status: 'Ask:',
  demo: 'Set up:',
};

/**
 * The command line: every subcommand with its flags, or only the one that is named. To declare them all takes as
 * long as a few statements on the database.
 *
 * @param onHelp takes the text of `--help` and `--version`; commander then throws
 * @param named the first word of the call
 */
export function createProgram(shell: Shell, onHelp: (text: string) => void, named?: string): Command {
  const program = new Command('chartctl')
    .description("keeps a trading platform's rolling 1-minute chart data in PostgreSQL right")
    .version(VERSION, '-V, --version', 'print the version')
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      longestArgumentTermLength: () => 0, // a long choice such as <crontab|systemd|...> must not push all flags aside
      minWidthToWrap: 30,
    })
    .exitOverride()
    .configureOutput({
      writeOut: onHelp,
      // what commander says about wrong usage arrives as an error, which `run` prints
      writeErr: () => undefined,
    });
  addHelpNotes(program, EXAMPLES);
  const isKnown = named !== undefined && Object.hasOwn(COMMANDS, named);
  for (const [name, add] of Object.entries(COMMANDS)) {
    if (HEADINGS[name]) program.commandsGroup(HEADINGS[name]);
    if (!isKnown || name === named) add(program, shell);
  }
  if (!isKnown) addHelpCommand(program);
  return program;
}

/** What commander says about wrong usage, as a failure of ours. */
export function toUsageFailure(error: CommanderError): Failure {
  if (error.code === 'commander.help') {
    return new Failure('usage', 'no command was named', { hint: 'see: chartctl --help' });
  }
  const [message = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  const hint = hints.join(' ').replace(/^\(|\)$/g, '') || 'see: chartctl --help, chartctl COMMAND --help';
  return new Failure('usage', message, { hint });
}

/** The program with every command, to be looked at and not to be run: its world is empty. */
export function declareAll(): Command {
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const io = {
    stdout: nowhere(),
    stderr: nowhere(),
    env: {},
    cwd: '.',
    program: { node: 'node', script: 'chartctl' },
    isTerminal: { stdout: false, stderr: false },
    signal: new AbortController().signal,
  };
  return createProgram({ io, finish: () => undefined }, () => undefined);
}
