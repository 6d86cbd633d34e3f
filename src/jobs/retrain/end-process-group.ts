import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 50;

/**
 * Ends a program and all that it started: SIGTERM, and SIGKILL for what is still there after a while.
 *
 * @param leader the process id of the program, which was started as the leader of a group of its own
 * @param graceMs how long they may take to end by themselves
 */
export async function endProcessGroup(leader: number, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  signalGroup(leader, 'SIGTERM');
  while (signalGroup(leader, 0)) {
    if (Date.now() >= deadline) {
      signalGroup(leader, 'SIGKILL');
      return;
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Signals every process of a group, 0 only asks; answers whether there was any. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return false;
    if (code === 'EPERM') return true; // it has become another user's
    throw error;
  }
}
