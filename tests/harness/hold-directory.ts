/**
 * Locks a directory as often as possible until its time is over, and prints how often it had the lock, and how often
 * another process held it at the same time.
 *
 * Arguments: directory, milliseconds; or directory and `hold`: takes the lock, prints "locked", and waits to be killed.
 */
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../src/core/failure.js';
import { lockDirectory } from '../../src/database/file-locks/directory-lock.js';

const [directory = '', time = ''] = process.argv.slice(2);

async function hold(): Promise<void> {
  await lockDirectory(directory);
  process.stdout.write('locked\n');
  await sleep(60_000);
}

async function compete(durationMs: number): Promise<void> {
  const until = Date.now() + durationMs;
  let taken = 0;
  let collisions = 0;
  while (Date.now() < until) {
    const unlock = await lockDirectory(directory).catch((error: unknown) => {
      if (error instanceof Failure && error.kind === 'locked') return undefined;
      throw error;
    });
    if (unlock) {
      taken += 1;
      collisions += isAlone() ? 0 : 1;
      unlock();
    }
    await sleep(Math.random() * 3);
  }
  process.stdout.write(`${JSON.stringify({ taken, collisions })}\n`);
}

/** Creates and removes a file exclusively: fails when another process is doing the same. */
function isAlone(): boolean {
  const mark = join(directory, 'inside');
  try {
    closeSync(openSync(mark, 'wx'));
    unlinkSync(mark);
    return true;
  } catch {
    return false;
  }
}

await (time === 'hold' ? hold() : compete(Number(time)));
