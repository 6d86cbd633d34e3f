import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { describeThisProcess, isRunning } from '../database/file-locks/lock-owner.js';
import type { WriterIdentity } from '../files/atomic-file.js';

/** This process as a writer of files: it can tell which processes of this machine, or of this container, are gone. */
export function thisWriter(): WriterIdentity {
  const { pid, processStart } = describeThisProcess();
  const place = identifyHost();
  return {
    id: `${place}.${pid}.${processStart}`,
    hasEnded: (mark) => {
      const [where, id, start = ''] = mark.split('.');
      return where === place && !isRunning({ host: hostname(), pid: Number(id), processStart: start });
    },
  };
}

/** Where a process number means the same process: machines and containers may share a folder, and even their name. */
function identifyHost(): string {
  return createHash('sha256').update(`${hostname()} ${readNamespace()} ${readBoot()}`).digest('hex').slice(0, 8);
}

function readNamespace(): string {
  return emptyIfUnreadable(() => readlinkSync('/proc/self/ns/pid'));
}

/** Another one on each machine, and after each start of it. */
function readBoot(): string {
  return emptyIfUnreadable(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
}

/** Systems that have no such file tell machines by their names only. */
function emptyIfUnreadable(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
