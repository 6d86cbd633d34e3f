import type { JobResult } from '../jobs/job.js';
import type { UndoSummary } from '../jobs/undo.js';
import type { Command } from './framework/command.js';
import { dueIfAny, formatJobText } from './framework/job-result.js';
import type { Flags } from './framework/options/flags.js';
import { LOCK_WAIT_OPTION, OUTPUT_OPTIONS, readLocking } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

export const undoCommand: Command<JobResult<UndoSummary> & { undone: number }> = {
  name: 'undo',
  otherNames: ['revert', 'rollback', 'restore'],
  description: 'restore the rows that a job changed, deleted or inserted, and rebuild the indicators',
  arguments: [['<job>', 'the number of the job, as chartctl jobs shows it']],
  options: [
    ['--dry-run', 'count the rows that would be restored'],
    ['--exit-code', 'with --dry-run: exit 10 when something would change'],
    LOCK_WAIT_OPTION,
    ...OUTPUT_OPTIONS,
  ],
  examples: [
    ['chartctl undo 42 --dry-run', 'how many rows that would restore'],
    ['chartctl undo 42', 'undo job 42; refused when later jobs changed the same rows'],
    ['chartctl jobs', 'find the number of the job'],
    ['chartctl undo 43', 'an undo is a job too and can be undone'],
  ],
  run: (call) => {
    const { lockWaitMs } = readLocking(call.flags);
    call.flags.needs('--exit-code', '--dry-run');
    const dryRun = call.flags.isSet('--dry-run');
    const job = readJob(call.flags, call.args[0]);
    return runInDatabase(call, async (context) => {
      const { undo } = await import('../jobs/undo.js');
      return { ...(await undo(context, { job, lockWaitMs, dryRun })), undone: job };
    });
  },
  text: (result, view) =>
    result.outcomes.length === 0
      ? `there is nothing to undo of job ${result.undone}\n`
      : formatJobText(result, view, {
          columns: [
            { title: 'restored', cell: (summary) => summary.restored, isKept: true, isSum: true },
            { title: 'rebuilt', cell: (summary) => summary.rebuilt, isKept: true, isSum: true },
          ],
          goal: { word: view.flags.isSet('--dry-run') ? 'would be restored' : 'restored', isReached: () => true },
        }),
  document: async () => (await import('./documents/undo.js')).undoDocument,
  exitCode: (result) => dueIfAny(result, ({ restored, rebuilt }) => restored + rebuilt > 0),
};

function readJob(flags: Flags, text = ''): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  flags.problems.add(`job "${text}" is not a number`, 'expected the number of a job, as chartctl jobs shows it');
  return 0;
}
