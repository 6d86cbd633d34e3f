import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

const MAX_SHOWN_COMMAND = 60;

/** The process that holds a lock, told apart from a later process with the same ID. */
export interface LockOwner {
  pid: number;
  /** When the process started, in the kernel's clock ticks; empty where it is not known. */
  processStart: string;
  host: string;
  /** The command line, shown in messages. */
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

/** Whether the owner still runs; assumed of a process on another machine. */
export function isRunning(owner: Pick<LockOwner, 'pid' | 'host' | 'processStart'>): boolean {
  if (owner.pid <= 0) return false;
  if (owner.host !== hostname()) return true;
  if (!hasProcess(owner.pid)) return false;
  const { state, start } = readProcess(owner.pid);
  if (state === 'Z' || state === 'X') return false; // ended, but its parent has not waited for it
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

/** Clock ticks from boot to the start of the process; empty where it is not known. */
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
    return { state: '', start: '' }; // there is no /proc, or the process has ended
  }
}
