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
 * Calls back whenever a process writes: a transaction has written, the log of the embedded database grows, or a file of
 * the folder is created, written or renamed.
 *
 * @returns a function that stops watching
 */
async function watchWriting(config: DatabaseConfig, folder: string, onSign: () => void): Promise<() => Promise<void>> {
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

/** Polls for transactions that have written. */
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

/** When a process is stopped: a time after its start or after one of its writes. */
export type Instant = { afterMs: number; write?: number };

/** The duration and the number of writes of an undisturbed run. */
export interface Pace {
  durationMs: number;
  writes: number;
}

/** The share of instants anywhere in a run; the others are near a write. */
const ANY_INSTANT_SHARE = 0.35;
const AFTER_SIGN_MS = 15;

/** Durations vary: after this share of the run the process has often ended. */
const LATEST_SHARE = 0.9;

/** A random instant of a run. */
export function chooseInstant(random: () => number, { durationMs, writes }: Pace): Instant {
  if (writes === 0 || random() < ANY_INSTANT_SHARE) return { afterMs: random() * LATEST_SHARE * durationMs };
  return { write: 1 + Math.floor(random() * LATEST_SHARE * writes), afterMs: random() * AFTER_SIGN_MS };
}

/** Runs a process to its end and measures its pace. */
export async function runUndisturbed(
  { config, folder }: { config: DatabaseConfig; folder: string },
  start: () => RunningProcess,
): Promise<{ end: ProcessResult; pace: Pace }> {
  let writes = 0;
  const unwatch = await watchWriting(config, folder, () => (writes += 1));
  const startedAt = performance.now();
  const end = await start().ended;
  const durationMs = performance.now() - startedAt;
  await unwatch();
  return { end, pace: { durationMs, writes } };
}

/** Starts a process, sends a signal at an instant, and returns how the process ended. */
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
