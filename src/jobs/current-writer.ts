import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { describeThisProcess, isRunning } from '../database/file-locks/lock-owner.js';
import type { WriterIdentity } from '../files/atomic-file.js';

/** Identifies this process as a writer of files, and recognises writers of this machine or container that have ended. */
export function currentWriter(): WriterIdentity {
  const { pid, processStart } = describeThisProcess();
  const host = identifyHost();
  return {
    id: `${host}.${pid}.${processStart}`,
    hasEnded: (writer) => {
      const [writerHost, writerPid, start = ''] = writer.split('.');
      return writerHost === host && !isRunning({ host: hostname(), pid: Number(writerPid), processStart: start });
    },
  };
}

/**
 * Identifies the machine or container in which a process number is valid. The host name alone is not enough: machines
 * and containers with the same name may share a folder.
 */
function identifyHost(): string {
  return createHash('sha256').update(`${hostname()} ${readNamespace()} ${readBoot()}`).digest('hex').slice(0, 8);
}

function readNamespace(): string {
  return emptyIfUnreadable(() => readlinkSync('/proc/self/ns/pid'));
}

/** A number that differs between machines, and changes at each boot. */
function readBoot(): string {
  return emptyIfUnreadable(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
}

/** Systems without these files are identified by their host name only. */
function emptyIfUnreadable(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
