import { availableParallelism, cpus, loadavg } from 'node:os';
import { type Column, formatTable } from '../../src/terminal/table.js';
import type { Claim, Measurement } from './measurement.js';

/** The machine of the measurements. */
export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  postgres: string;
  date: string;
  /** The load average of the minute before the benchmark. */
  load: number;
}

export function describeMachine(postgres: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    postgres,
    date: new Date().toISOString(),
    load: loadavg()[0] ?? 0,
  };
}

/** Tables of the measurements and of the targets. */
export function formatReport(machine: Machine, measurements: readonly Measurement[]): string {
  const { cpu, cores, node, postgres, load } = machine;
  const title = `${cpu}, ${cores} cores, Node ${node}, PostgreSQL ${postgres}, load ${load.toFixed(1)} at the start\n`;
  const claims = measurements.flatMap(({ name, size, claims }) => claims.map((claim) => ({ name, size, claim })));
  const promised = claims.length > 0 ? [formatTable(CLAIMS, claims), SCOPE] : [];
  return [title, formatTable(COSTS, measurements), ...promised].join('\n');
}

const SCOPE = 'Ratios are promised of 525,600 rows; in smaller tables the start of the process counts for more.\n';

const COSTS: Column<Measurement>[] = [
  { title: 'measured', cell: ({ name }) => name },
  { title: 'size', cell: ({ size }) => size },
  { title: 'rows', cell: ({ rows }) => rows },
  { title: 'seconds', cell: ({ seconds }) => Number(seconds.toPrecision(3)) },
  { title: 'rows/s', cell: ({ rowsPerSecond }) => Math.round(rowsPerSecond) },
  { title: 'CPU s', cell: ({ cpuSeconds }) => cpuSeconds && Number(cpuSeconds.toPrecision(3)) },
  { title: 'MB', cell: ({ peakMemoryMb }) => peakMemoryMb && Math.round(peakMemoryMb) },
  { title: 'repeats', cell: ({ repeats }) => repeats.length },
  {
    title: 'counted',
    cell: ({ counts }) =>
      Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
  },
];

const CLAIMS: Column<{ name: string; size: number; claim: Claim }>[] = [
  { title: 'claim', cell: ({ name }) => name },
  { title: 'size', cell: ({ size }) => size },
  { title: 'found', cell: ({ claim }) => Number(claim.found.toPrecision(3)) },
  { title: 'what', cell: ({ claim }) => claim.what },
  {
    title: 'target',
    cell: ({ claim: { atLeast, atMost } }) => (atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`),
  },
  { title: 'met', cell: ({ claim }) => (claim.isMet ? 'yes' : 'NO') },
];
