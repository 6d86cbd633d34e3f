import type { Command as Declaration } from 'commander';
import { backfillCommand } from './backfill.js';
import { checkRetrainCommand } from './check-retrain.js';
import { cleanCommand } from './clean.js';
import { completeSymbolsCommand, completionCommand } from './completion.js';
import { configCommand } from './config.js';
import { demoCommand } from './demo.js';
import { diffCommand } from './diff.js';
import { doctorCommand } from './doctor.js';
import { exportTrainingSetCommand } from './export-training-set.js';
import type { CommandGroups } from './framework/command.js';
import { createProgram } from './framework/parse-command-line.js';
import { helpCommand } from './help.js';
import { historyCommand } from './history.js';
import { importCommand } from './import.js';
import { ingestCommand } from './ingest.js';
import { initCommand } from './init/init.js';
import { jobsCommand } from './jobs.js';
import { listCommand } from './list.js';
import { migrateCommand } from './migrate.js';
import { rebuildCommand } from './rebuild.js';
import { reportCommand } from './report.js';
import { reproduceCommand } from './reproduce.js';
import { retireCommand } from './retire.js';
import { scheduleCommand } from './schedule/schedule.js';
import { statusCommand } from './status/status.js';
import { symbolsCommand } from './symbols.js';
import { undoCommand } from './undo.js';
import { unretireCommand } from './unretire.js';
import { verifyCommand } from './verify.js';

/** Every command, by the headings of the help and in its order. */
export const COMMANDS: CommandGroups = {
  'Keep the data right': [
    ingestCommand,
    backfillCommand,
    importCommand,
    cleanCommand,
    rebuildCommand,
    exportTrainingSetCommand,
    checkRetrainCommand,
    undoCommand,
    retireCommand,
    unretireCommand,
  ],
  Ask: [
    statusCommand,
    listCommand,
    reportCommand,
    verifyCommand,
    historyCommand,
    reproduceCommand,
    diffCommand,
    jobsCommand,
    doctorCommand,
    symbolsCommand,
  ],
  'Set up': [
    demoCommand,
    initCommand,
    migrateCommand,
    scheduleCommand,
    configCommand,
    completionCommand,
    completeSymbolsCommand,
    helpCommand,
  ],
};

/** The program with every command, for manuals. */
export function declareProgram(): Declaration {
  return createProgram(COMMANDS);
}
