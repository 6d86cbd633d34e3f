import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Writer } from '../files/temporary-file.js';
import { isRunning, thisProcess } from '../store/lock-owner.js';

/** This process as a writer of files: it can tell which processes of this machine, or of this container, are gone. */
export function thisWriter(): Writer {
  const { pid, processStart } = thisProcess();
  const place = identifyPlace();
  return {
    mark: `${place}.${pid}.${processStart}`,
    isGone: (mark) => {
      const [where, id, start = ''] = mark.split('.');
      return where === place && !isRunning({ host: hostname(), pid: Number(id), processStart: start });
    },
  };
}

/** Where a process number means the same process: machines and containers may share a folder, and even their name. */
function identifyPlace(): string {
  return createHash('sha256').update(`${hostname()} ${readNamespace()}`).digest('hex').slice(0, 8);
}

function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no such thing here
  }
}
