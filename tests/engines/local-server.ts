import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { waitForAnswer } from '../harness/scratch-cluster.js';

/** A PostgreSQL server on this machine that a test kills and brings back. */
export interface LocalServer {
  /** Kills all its processes (SIGKILL), as when its machine fails. */
  kill(): void;
  /** Starts it with the same program, arguments and account, and waits until it answers. */
  restart(): Promise<void>;
}

const START_LIMIT_MS = 60_000;

/**
 * Finds the processes of a server by its URL.
 *
 * @param superuserUrl of any database of the server
 * @returns undefined when it runs on another machine, or as an account that this process may not kill
 */
export async function findLocalServer(superuserUrl: string): Promise<LocalServer | undefined> {
  const directory = await readDataDirectory(superuserUrl);
  try {
    const pid = Number(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 0);
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const { uid, gid } = statSync(`/proc/${pid}`);
    const log = readlinkSync(`/proc/${pid}/fd/2`);
    let killed = pid;
    return {
      kill: () => {
        killed = Number(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[0]);
        killTree(killed);
      },
      restart: async () => {
        await waitForEnd(killed);
        const output = log.startsWith('/') ? openSync(log, 'a') : 'ignore';
        spawn(program, args, { uid, gid, cwd: directory, detached: true, stdio: ['ignore', output, output] }).unref();
        await waitForAnswer(superuserUrl, START_LIMIT_MS);
      },
    };
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return undefined;
    throw error;
  }
}

async function readDataDirectory(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    const [row] = await sql<{ data_directory: string }[]>`SHOW data_directory`;
    return row!.data_directory;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** While the killed process is still listed, a new server refuses to start beside it. */
async function waitForEnd(pid: number): Promise<void> {
  for (const limit = Date.now() + START_LIMIT_MS; isListed(pid); await sleep(50)) {
    if (Date.now() > limit) throw new Error(`process ${pid} was killed ${START_LIMIT_MS} ms ago and is still listed`);
  }
}

function isListed(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The parent is killed first because it restarts its children. */
function killTree(pid: number): void {
  const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout.trim();
  for (const victim of [pid, ...children.split(/\s+/).map(Number)]) {
    try {
      process.kill(victim, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ESRCH: it has just ended
    }
  }
}
