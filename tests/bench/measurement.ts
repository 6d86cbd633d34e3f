/** The cost of one execution. */
export interface Run {
  seconds: number;
  /** User and system time of chartctl; null for other programs. */
  cpuSeconds: number | null;
  /** The peak memory of the process. */
  peakMemoryMb: number | null;
}

/** A target of a measurement, and whether it is met. */
export interface Claim {
  what: string;
  found: number;
  atLeast?: number;
  atMost?: number;
  isMet: boolean;
}

/** A measurement at one size, repeated. */
export interface Measurement extends Run {
  name: string;
  /** Rows of the table; candles where there is no table. */
  size: number;
  /** Rows that one execution handles: `rowsPerSecond` counts them. */
  rows: number;
  rowsPerSecond: number;
  /** The seconds of each repeat; `seconds`, CPU and memory are medians. */
  repeats: number[];
  claims: Claim[];
  /** Other counts, as requests and statements. */
  counts: Record<string, number>;
}

/** Summarizes the repeats of a measurement. */
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

/** The median ratio of alternating runs, pair by pair: other load of the machine affects both of a pair. */
export function speedup(slow: readonly Run[], fast: readonly Run[]): number {
  return median(slow.map((run, i) => run.seconds / fast[i]!.seconds));
}

/** The same for CPU times, which other load of the machine changes less. */
export function cpuRatio(runs: readonly Run[], limit: readonly Run[]): number {
  return median(runs.map(({ cpuSeconds }, i) => (cpuSeconds ?? NaN) / (limit[i]!.cpuSeconds ?? NaN)));
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
