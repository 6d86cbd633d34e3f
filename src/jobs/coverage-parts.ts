import type { PartCoverage } from '../core/coverage.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/minute.js';
import { countMinutes, intersect, type MinuteRange } from '../core/range.js';
import type { Db } from '../database/store.js';
import { countByPart } from '../tables/rolling-chart-data/coverage.js';

const PART_LENGTHS_MS = [
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR_MS),
];

/** The coverage of a range, in parts of equal length, before and after a backfill. */
export interface BeforeAndAfter {
  /** The length of a part in milliseconds. */
  partMs: number;
  /** In order. */
  before: PartCoverage[];
  /** In order; equal to `before` in a dry run. */
  after: PartCoverage[];
}

/** Adds to the result of `work` the coverage of the range before and after it. */
export async function withCoverage<S>(
  db: Db,
  { symbol, range, coverageParts }: { symbol: string; range: MinuteRange; coverageParts: number },
  work: () => Promise<S>,
): Promise<S & { coverage: BeforeAndAfter }> {
  const partMs = choosePartMs(range, coverageParts);
  const before = await measureCoverage(db, symbol, range, partMs);
  const done = await work();
  return { ...done, coverage: { partMs, before, after: await measureCoverage(db, symbol, range, partMs) } };
}

/**
 * Counts the rows of each part of a range, in order. Parts begin at multiples of their length; the first and last part
 * contain only the minutes within the range.
 */
export async function measureCoverage(
  db: Db,
  symbol: string,
  range: MinuteRange,
  partMs: number,
): Promise<PartCoverage[]> {
  const counted = await countByPart(db, symbol, range, partMs);
  const parts: PartCoverage[] = [];
  for (let start = floorToStep(range.from, partMs); start < range.to; start += partMs) {
    const part = intersect({ from: start, to: start + partMs }, range);
    parts.push({ from: part.from, minutes: countMinutes(part), ...(counted.get(start) ?? { rows: 0, valid: 0 }) });
  }
  return parts;
}

/** The shortest round length, in milliseconds, that divides a range into at most `maxParts` parts. */
export function choosePartMs(range: MinuteRange, maxParts: number): number {
  const fits = (partMs: number) => Math.ceil((range.to - floorToStep(range.from, partMs)) / partMs) <= maxParts;
  const part = PART_LENGTHS_MS.find(fits);
  if (part !== undefined) return part;
  let days = 1;
  while (!fits(days * DAY_MS)) days += 1;
  return days * DAY_MS;
}

function floorToStep(time: number, stepMs: number): number {
  return Math.floor(time / stepMs) * stepMs;
}
