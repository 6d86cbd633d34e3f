import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchServer } from './bench-server.js';
import type { Run } from './measurement.js';

/** Ticks of the kernel's clock in a second, on every machine that Node supports. */
const TICKS = 100;
/** Fields of /proc/PID/stat behind the name, whose process has the number 0: the times of processes that have ended. */
const [CHILDREN_USER, CHILDREN_SYSTEM] = [13, 14];
/** After the client has disconnected, its server process ends. */
const SETTLE_MS = 200;

/**
 * Adds to a run's CPU time that of the server processes which served it; they must end with the run. Where the kernel does not
 * tell, the CPU time is null.
 */
export async function withServerCpu(server: BenchServer, url: string, work: () => Promise<Run>): Promise<Run> {
  const [file] = await server.query<{ text: string }>(url, "select pg_read_file('postmaster.pid') as text");
  const postmaster = Number(file!.text.split('\n')[0]);
  await sleep(SETTLE_MS);
  const before = readEndedCpu(postmaster);
  const run = await work();
  await sleep(SETTLE_MS);
  const after = readEndedCpu(postmaster);
  const isKnown = run.cpuSeconds !== null && before !== null && after !== null;
  return { ...run, cpuSeconds: isKnown ? run.cpuSeconds! + after - before : null };
}

function readEndedCpu(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return (fields[CHILDREN_USER]! + fields[CHILDREN_SYSTEM]!) / TICKS;
  } catch {
    return null; // not Linux
  }
}
