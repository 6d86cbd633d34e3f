import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

const MAX_SHOWN_COMMAND = 60;

/** Which process holds a lock, well enough not to take another one with the same number for it. */
export interface LockOwner {
  pid: number;
  /** When the process started, in the kernel's own measure; empty where the system does not tell. */
  processStart: string;
  host: string;
  /** For people: what it was started to do. */
  command: string;
  since: string;
  token: string;
}

export function describeThisProcess(): LockOwner {
  const command = ['chartctl', ...process.argv.slice(2)].join(' ');
  return {
    pid: process.pid,
    processStart: readProcessStart(process.pid),
    host: hostname(),
    command: command.length > MAX_SHOWN_COMMAND ? `${command.slice(0, MAX_SHOWN_COMMAND)}...` : command,
    since: new Date().toISOString(),
    token: randomBytes(8).toString('hex'),
  };
}

/** Whether the owner still runs; true for one on another machine, of which nothing can be known here. */
export function isRunning(owner: Pick<LockOwner, 'pid' | 'host' | 'processStart'>): boolean {
  if (owner.pid <= 0) return false;
  if (owner.host !== hostname()) return true;
  if (!hasProcess(owner.pid)) return false;
  const { state, start } = readProcess(owner.pid);
  if (state === 'Z' || state === 'X') return false; // ended, and nobody has asked how
  return start === '' || owner.processStart === '' || start === owner.processStart;
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Clock ticks from boot to the start of the process; empty where the system does not tell. */
export function readProcessStart(pid: number): string {
  return readProcess(pid).start;
}

/** Fields 3 and 22 of /proc/PID/stat. */
function readProcess(pid: number): { state: string; start: string } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: afterName[0] ?? '', start: afterName[19] ?? '' };
  } catch {
    return { state: '', start: '' }; // no /proc here, or the process is gone
  }
}
