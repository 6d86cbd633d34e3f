import { Command, type CommanderError } from 'commander';
import { Failure } from '../core/failure.js';
import { VERSION } from '../core/version.js';
import { addJobCommand } from './add-job-command.js';
import { backfillCommand } from './backfill.js';
import { checkRetrainCommand } from './check-retrain.js';
import { cleanCommand } from './clean.js';
import { addDemoCommand } from './demo.js';
import { exportTrainingSetCommand } from './export-training-set.js';
import { formatExamples } from './format-examples.js';
import { historyCommand } from './history.js';
import { ingestCommand } from './ingest.js';
import { jobsCommand } from './jobs.js';
import { migrateCommand } from './migrate.js';
import { addPlainCommand } from './plain-command.js';
import { rebuildCommand } from './rebuild.js';
import type { Shell } from './shell.js';
import { statusCommand } from './status.js';
import { undoCommand } from './undo.js';
import { verifyCommand } from './verify.js';

const EXAMPLES = [
  ['chartctl demo', 'a first look, without a database'],
  ['chartctl backfill BTCUSDT --hours 12', 'fill the past 12 hours'],
  ['chartctl ingest --all --if-locked skip', 'every minute, from cron'],
  ['chartctl COMMAND --help', "a command's flags and examples"],
] as const;

/**
 * The whole command line: every subcommand with its flags.
 *
 * @param onHelp takes the text of `--help` and `--version`; commander then throws
 */
export function createProgram(shell: Shell, onHelp: (text: string) => void): Command {
  const program = new Command('chartctl')
    .description("keeps a trading platform's rolling 1-minute chart data in PostgreSQL right")
    .version(VERSION, '-V, --version', 'print the version')
    .addHelpText('after', formatExamples(EXAMPLES))
    .exitOverride()
    .configureOutput({
      writeOut: onHelp,
      // what commander says about wrong usage arrives as an error, which `run` prints
      writeErr: () => undefined,
    });
  addPlainCommand(program, shell, migrateCommand);
  addJobCommand(program, shell, ingestCommand);
  addJobCommand(program, shell, backfillCommand);
  addJobCommand(program, shell, cleanCommand);
  addJobCommand(program, shell, rebuildCommand);
  addJobCommand(program, shell, exportTrainingSetCommand);
  addJobCommand(program, shell, checkRetrainCommand);
  addPlainCommand(program, shell, historyCommand);
  addPlainCommand(program, shell, undoCommand);
  addPlainCommand(program, shell, jobsCommand);
  addJobCommand(program, shell, statusCommand);
  addJobCommand(program, shell, verifyCommand);
  addDemoCommand(program, shell);
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
