/** What one timed execution cost. */
export interface Run {
  seconds: number;
  /** User and system time of the process; null where it was not chartctl. */
  cpuSeconds: number | null;
  /** The most memory that the process ever held. */
  peakMemoryMb: number | null;
}

/** A promise about a measurement, and whether it is kept. */
export interface Claim {
  what: string;
  found: number;
  atLeast?: number;
  atMost?: number;
  isMet: boolean;
}

/** One thing measured at one size, so many times. */
export interface Measurement extends Run {
  name: string;
  /** Rows of the table that it is about; candles where there is no table. */
  size: number;
  /** Rows that one execution handles: `rowsPerSecond` counts them. */
  rows: number;
  rowsPerSecond: number;
  /** Of each repeat; `seconds` is their median, and so are CPU and memory medians. */
  repeats: number[];
  claims: Claim[];
  /** What else was counted: requests, statements. */
  counts: Record<string, number>;
}

/** Sums up the runs of one thing at one size. */
export function summarizeRuns(
  what: { name: string; size: number; rows?: number },
  runs: readonly Run[],
  claims: Claim[] = [],
  counts: Record<string, number> = {},
): Measurement {
  const rows = what.rows ?? what.size;
  const seconds = median(runs.map((run) => run.seconds));
  return {
    name: what.name,
    size: what.size,
    rows,
    seconds,
    cpuSeconds: medianOrNull(runs.map((run) => run.cpuSeconds)),
    peakMemoryMb: medianOrNull(runs.map((run) => run.peakMemoryMb)),
    rowsPerSecond: rows / seconds,
    repeats: runs.map((run) => run.seconds),
    claims,
    counts,
  };
}

export function atLeast(what: string, found: number, target: number): Claim {
  return { what, found, atLeast: target, isMet: found >= target };
}

export function atMost(what: string, found: number, target: number): Claim {
  return { what, found, atMost: target, isMet: found <= target };
}

/** How many times faster the second runs were than the first, pair by pair: what else the machine did hits both of a pair. */
export function speedup(slow: readonly Run[], fast: readonly Run[]): number {
  return median(slow.map((run, i) => run.seconds / fast[i]!.seconds));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medianOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? median(known) : null;
}
