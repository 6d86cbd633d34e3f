import { formatDuration } from '../core/duration.js';
import { MINUTE_MS } from '../core/minute.js';

/** One reason for which a training may be due. */
export interface RetrainReason {
  /**
   * Rows that backfill replaced, the last training's age, new rows, rows of fallback exchanges, or rows that are no longer as
   * they were first served.
   */
  reason: 'replaced' | 'age' | 'new_rows' | 'fallback' | 'drift';
  /** The measured value, in `unit`; null is the age of a training where none was recorded. */
  value: number | null;
  /** The limit, in `unit`. */
  threshold: number;
  /** The unit of `value` and `threshold`. */
  unit: 'share' | 'seconds' | 'rows';
  /** Whether the value exceeds the limit. */
  isDue: boolean;
  /** The same in words. */
  text: string;
}

/** The limits; `replaced` is always assessed, the others only with a limit. */
export interface RetrainLimits {
  /** The share of replaced rows above which a training is due. */
  threshold: number;
  maxAgeMs?: number | undefined;
  minNewRows?: number | undefined;
  maxFallback?: number | undefined;
  /** The share of rows that differ from what was served, see `SERVED_WITHIN_MS`. */
  maxDrift?: number | undefined;
}

/** A row counts as served if its first version was stored within this time after its minute had closed. */
export const SERVED_WITHIN_MS = 2 * MINUTE_MS;

/** What is known of a symbol. Without any row nothing is due, because there is nothing to train on. */
export interface RetrainFacts {
  /** The rows that were read, and the size of the window. */
  rows: number;
  window: number;
  /** Of these, written since the last training: by backfill, and from a fallback exchange. */
  replaced: number;
  fallback: number;
  /** Of these, changed or stored since the last training and so late that another candle was served, or none. */
  drifted: number;
  /** Valid rows whose minute is later than the last one that was trained on. */
  newRows: number;
  /** When the last training was recorded, epoch milliseconds; null for none. */
  trainedAt: number | null;
  nowMs: number;
}

/** Every reason with a limit, and its value; a training is due when any of them is. */
export function assessRetrain(facts: RetrainFacts, limits: RetrainLimits): RetrainReason[] {
  const { threshold, maxAgeMs, minNewRows, maxFallback, maxDrift } = limits;
  const drift = `candles that were corrected, or came later than ${formatDuration(SERVED_WITHIN_MS)} after their minute:`;
  return [
    assessShare(facts, { reason: 'replaced', count: facts.replaced, threshold, what: 'backfill replaced' }),
    ...(maxAgeMs === undefined ? [] : [assessAge(facts, maxAgeMs)]),
    ...(minNewRows === undefined ? [] : [assessNewRows(facts, minNewRows)]),
    ...(maxFallback === undefined
      ? []
      : [
          assessShare(facts, {
            reason: 'fallback',
            count: facts.fallback,
            threshold: maxFallback,
            what: 'fallback exchanges gave',
          }),
        ]),
    ...(maxDrift === undefined
      ? []
      : [assessShare(facts, { reason: 'drift', count: facts.drifted, threshold: maxDrift, what: drift })]),
  ];
}

/** The share of the rows that were read; 0 where there are none. */
export function shareOf(count: number, rows: number): number {
  return rows === 0 ? 0 : count / rows;
}

function assessShare(
  facts: RetrainFacts,
  options: { reason: 'replaced' | 'fallback' | 'drift'; count: number; threshold: number; what: string },
): RetrainReason {
  const { rows } = facts;
  const { reason, count, threshold, what } = options;
  const value = shareOf(count, rows);
  const text = `${what} ${count} of ${describeRows(facts)} ${describeSince(facts)}: ${formatPercent(value)}, due above ${formatPercent(threshold)}`;
  return { reason, value, threshold, unit: 'share', isDue: value > threshold, text };
}

function assessAge({ rows, trainedAt, nowMs }: RetrainFacts, maxAgeMs: number): RetrainReason {
  const ageMs = trainedAt === null ? null : Math.max(0, nowMs - trainedAt);
  const found = ageMs === null ? 'no training was recorded yet' : `the last training was ${formatDuration(ageMs)} ago`;
  return {
    reason: 'age',
    value: ageMs === null ? null : ageMs / 1000,
    threshold: maxAgeMs / 1000,
    unit: 'seconds',
    isDue: rows > 0 && (ageMs === null || ageMs > maxAgeMs),
    text: `${found}: due after ${formatDuration(maxAgeMs)}`,
  };
}

function assessNewRows({ rows, newRows, trainedAt }: RetrainFacts, minNewRows: number): RetrainReason {
  const what = trainedAt === null ? 'valid, none of them trained on yet' : 'valid and later than the last training saw';
  return {
    reason: 'new_rows',
    value: newRows,
    threshold: minNewRows,
    unit: 'rows',
    isDue: rows > 0 && newRows >= minNewRows,
    text: `${newRows} rows are ${what}: due from ${minNewRows} on`,
  };
}

function describeRows({ rows, window }: RetrainFacts): string {
  return rows < window ? `the ${rows} rows that there are (the window is ${window})` : `the last ${rows} rows`;
}

function describeSince({ trainedAt }: RetrainFacts): string {
  return trainedAt === null
    ? 'and no training was recorded yet'
    : `since the training of ${new Date(trainedAt).toISOString()}`;
}

function formatPercent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
