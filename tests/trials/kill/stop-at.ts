import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { DatabaseConfig } from '../../../src/database/database-config.js';
import { PGDATA_DIRECTORY } from '../../../src/database/embedded/embedded.js';
import type { ProcessExit, ProcessResult, RunningProcess } from '../../harness/chartctl-process.js';
import { serverUrl } from '../../harness/databases.js';

const POLL_INTERVAL_MS = 4;

/**
 * Calls at every sign that a process writes: a transaction that has written, a write into the embedded database's log,
 * a file of the folder that is made, written or renamed.
 *
 * @returns what ends the watching
 */
export async function watchWriting(
  config: DatabaseConfig,
  folder: string,
  onSign: () => void,
): Promise<() => Promise<void>> {
  const files = watch(folder, onSign);
  const stop = config.kind === 'embedded' ? watchLog(config.dataDir, onSign) : await watchServer(config.url, onSign);
  return async () => {
    files.close();
    await stop();
  };
}

function watchLog(dataDir: string, onSign: () => void): () => Promise<void> {
  const log = watch(join(dataDir, PGDATA_DIRECTORY, 'pg_wal'), onSign);
  return () => Promise.resolve(log.close());
}

/** A sign for every look at a transaction under way that has written something. */
async function watchServer(url: string, onSign: () => void): Promise<() => Promise<void>> {
  const sql = postgres((await serverUrl())!, { max: 1 });
  const database = new URL(url).pathname.slice(1);
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const [writing] = await sql`
        SELECT 1 FROM pg_stat_activity WHERE datname = ${database} AND backend_xid IS NOT NULL LIMIT 1`;
      if (writing) onSign();
      await sleep(POLL_INTERVAL_MS);
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    await sql.end();
  };
}

/** When a process is stopped: so long after its start, or so long after a sign of its writing. */
export type Instant = { afterMs: number; write?: number };

/** How a run went that was not stopped. */
export interface Pace {
  durationMs: number;
  writes: number;
}

/** A share of the instants lies anywhere in a run, the others where something is being written. */
const ANY_INSTANT_SHARE = 0.35;
const AFTER_SIGN_MS = 15;

/** Runs are not equally long: later instants would mostly find the process gone. */
const LATEST_SHARE = 0.9;

/** Some instant of a run. */
export function chooseInstant(dice: () => number, { durationMs, writes }: Pace): Instant {
  if (writes === 0 || dice() < ANY_INSTANT_SHARE) return { afterMs: dice() * LATEST_SHARE * durationMs };
  return { write: 1 + Math.floor(dice() * LATEST_SHARE * writes), afterMs: dice() * AFTER_SIGN_MS };
}

/** Runs a process to its end, and says how it went. */
export async function runUndisturbed(
  { config, folder }: { config: DatabaseConfig; folder: string },
  start: () => RunningProcess,
): Promise<{ end: ProcessResult; pace: Pace }> {
  let signs = 0;
  const unwatch = await watchWriting(config, folder, () => (signs += 1));
  const startedAt = performance.now();
  const end = await start().ended;
  const durationMs = performance.now() - startedAt;
  await unwatch();
  return { end, pace: { durationMs, writes: signs } };
}

/** Starts a process and sends it a signal at an instant; answers how it ended, by that or because it was through. */
export async function stopAt(
  { config, folder }: { config: DatabaseConfig; folder: string },
  start: () => RunningProcess,
  signal: NodeJS.Signals,
  { write = 0, afterMs }: Instant,
): Promise<ProcessExit> {
  let left = write;
  let timer: NodeJS.Timeout | undefined;
  const stopSoon = () => (timer ??= setTimeout(() => running.kill(signal), afterMs));
  const unwatch = write > 0 ? await watchWriting(config, folder, () => (left -= 1) || stopSoon()) : undefined;
  const running = start();
  if (write === 0) stopSoon();
  const exit = await running.exited;
  clearTimeout(timer);
  await unwatch?.();
  return exit;
}
