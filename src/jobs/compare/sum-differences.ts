import type { Minute } from '../../core/minute.js';
import { throwIfStopped } from '../../core/failure.js';
import type { Transaction } from '../../database/store.js';
import { type Difference, DIFFERENCE_KINDS, type DifferenceKind } from '../../quality/compare-rows.js';
import { type Cause, findLastCauses, type LogRange } from '../../tables/past/last-causes.js';

/** A row that differs, and the job that explains it; null when the audit log has no entry for it. */
export interface ExplainedDifference extends Difference {
  cause: Cause | null;
  /** What the job did and why, in words. */
  because: string | null;
}

/** The rows of a symbol that differ in the same way for the same reason. */
export interface DifferenceSum {
  symbol: string;
  kind: DifferenceKind;
  command: string | null;
  /** What the job did, and why; null when the audit log has no entry. */
  reason: string | null;
  rows: number;
  firstTime: Minute;
  lastTime: Minute;
  firstJob: number | null;
  lastJob: number | null;
}

/** All that differs: sums, and some rows of each kind. */
export interface Differences {
  rows: number;
  sums: DifferenceSum[];
  samples: ExplainedDifference[];
}

/** Rows that are kept as samples. */
const MAX_SAMPLES = 5;

/** What is said of indicators that differ although the row itself has no entry. */
const INDICATORS_REASON = 'computed from candles that differ';

/**
 * Finds the job that explains each difference, and adds them up.
 *
 * @param logOf the part of the audit log that lies between the two sets
 * @param onBatch gets every row that differs
 */
export async function sumDifferences(
  trx: Transaction,
  batches: AsyncIterable<Difference[]>,
  {
    logOf,
    onBatch,
    signal,
  }: {
    logOf: (symbol: string) => LogRange;
    onBatch?: ((batch: readonly ExplainedDifference[]) => Promise<void>) | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<Differences> {
  const sums = new Map<string, DifferenceSum>();
  const samples = new Map<DifferenceKind, ExplainedDifference[]>();
  let rows = 0;
  for await (const batch of batches) {
    throwIfStopped(signal);
    const { symbol } = batch[0]!;
    const minutes = batch.map(({ openTime }) => openTime);
    const causes = await findLastCauses(trx, symbol, minutes, logOf(symbol));
    const explained = batch.map((found) => {
      const entry = causes.get(found.openTime);
      const cause = entry && explains(entry, found.kind) ? entry : null;
      return { ...found, cause, because: reasonOf(found.kind, cause) };
    });
    rows += batch.length;
    for (const difference of explained) {
      add(sums, difference);
      const kept = samples.get(difference.kind) ?? [];
      if (kept.length < MAX_SAMPLES) samples.set(difference.kind, [...kept, difference]);
    }
    await onBatch?.(explained);
  }
  const order = (kind: DifferenceKind) => DIFFERENCE_KINDS.indexOf(kind);
  const sorted = [...sums.values()].sort(
    (a, b) =>
      (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) || order(a.kind) - order(b.kind) || b.rows - a.rows,
  );
  return { rows, sums: sorted, samples: chooseSamples(samples) };
}

function add(
  sums: Map<string, DifferenceSum>,
  { symbol, kind, openTime, cause, because: reason }: ExplainedDifference,
): void {
  const [command, job] = [cause?.command ?? null, cause?.jobId ?? null];
  const key = JSON.stringify([symbol, kind, command, reason]);
  const sum = sums.get(key);
  if (!sum) {
    const times = { firstTime: openTime, lastTime: openTime, firstJob: job, lastJob: job };
    sums.set(key, { symbol, kind, command, reason, rows: 1, ...times });
    return;
  }
  sum.rows += 1;
  sum.lastTime = Math.max(sum.lastTime, openTime);
  if (job === null) return;
  sum.firstJob = Math.min(sum.firstJob!, job);
  sum.lastJob = Math.max(sum.lastJob!, job);
}

/** Whether an entry can be the reason: a flag changes no indicator. */
function explains({ action }: Cause, kind: DifferenceKind): boolean {
  return kind !== 'indicators' || !['flag', 'unflag', 'confirm'].includes(action);
}

/** What a job did and why, or what is said without one. */
function reasonOf(kind: DifferenceKind, cause: Cause | null): string | null {
  if (cause) return cause.reason === null ? cause.action : `${cause.action}, ${cause.reason}`;
  return kind === 'indicators' ? INDICATORS_REASON : null;
}

/** The first sample of each kind, then the second ones. */
function chooseSamples(samples: ReadonlyMap<DifferenceKind, ExplainedDifference[]>): ExplainedDifference[] {
  const chosen: ExplainedDifference[] = [];
  for (let i = 0; i < MAX_SAMPLES; i += 1) {
    for (const kind of DIFFERENCE_KINDS) {
      const sample = samples.get(kind)?.[i];
      if (sample && chosen.length < MAX_SAMPLES) chosen.push(sample);
    }
  }
  return chosen;
}
