import { Failure } from '../../core/failure.js';
import { findOrphanedProgram } from '../../store/training-programs.js';
import type { StoreContext } from '../context.js';
import type { JobOptions } from '../result.js';

/**
 * Whether a program of `--exec` still trains for one of the symbols although the run that began it was killed: a
 * second one beside it would be one too many. It can only be known of a program on this machine.
 *
 * @throws Failure (locked) that names it, unless such a run is to be skipped
 */
export async function isStillTraining(
  { store, onNotice }: StoreContext,
  { ifLocked }: Pick<JobOptions, 'ifLocked'>,
  symbols: readonly string[],
): Promise<boolean> {
  const orphan = await findOrphanedProgram(store.knex, symbols);
  if (!orphan) return false;
  const { jobId, pid } = orphan;
  const message = `the program that job ${jobId} began still runs, as process ${pid}, although that job was killed`;
  if (ifLocked !== 'skip')
    throw new Failure('locked', message, {
      code: 'STILL_TRAINING',
      hint: `wait until it ends, or end it: kill -- -${pid}; then the next run begins another one`,
    });
  onNotice?.(`${message}: no other was begun`);
  return true;
}
