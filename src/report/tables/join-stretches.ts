import { MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';

/** Things of one kind that are close together. */
export interface Stretch<T> extends MinuteRange {
  items: T[];
}

/** Minutes between two things of one stretch, from the finest view to the coarsest. */
const SLACKS = [0, 10, 60, 360, 1440, 10_080, Infinity];

/** Enough for half a printed page. */
const MAX_STRETCHES = 40;

interface JoinOptions<T> {
  /** Things of different kinds are never joined. */
  kindOf: (item: T) => string;
  maxStretches?: number;
}

/**
 * Joins things that touch, and when these are too many, those that are close: the page lists what happened, not each minute
 * of it. Each thing is in one stretch.
 *
 * @returns the stretches by time, and the minutes that things of one stretch may be apart
 */
export function joinStretches<T extends MinuteRange>(
  items: readonly T[],
  { kindOf, maxStretches = MAX_STRETCHES }: JoinOptions<T>,
): { slack: number; stretches: Stretch<T>[] } {
  const ordered = [...items].sort((a, b) => a.from - b.from);
  for (const slack of SLACKS) {
    const stretches = joinWithin(ordered, kindOf, slack);
    if (stretches.length <= maxStretches || slack === Infinity) return { slack, stretches };
  }
  return { slack: 0, stretches: [] };
}

function joinWithin<T extends MinuteRange>(
  ordered: readonly T[],
  kindOf: (item: T) => string,
  slack: number,
): Stretch<T>[] {
  const latest = new Map<string, Stretch<T>>();
  const stretches: Stretch<T>[] = [];
  for (const item of ordered) {
    const kind = kindOf(item);
    const last = latest.get(kind);
    if (last && item.from <= last.to + slack * MINUTE_MS) {
      last.to = Math.max(last.to, item.to);
      last.items.push(item);
      continue;
    }
    const stretch = { from: item.from, to: item.to, items: [item] };
    latest.set(kind, stretch);
    stretches.push(stretch);
  }
  return stretches;
}

/** Completes a caption where stretches are not only what touches: `; gaps less than 60 minutes apart are one row`. */
export function describeSlack(what: string, slack: number): string {
  if (slack === 0) return '';
  return slack === Infinity
    ? `; ${what} of one kind are one row`
    : `; ${what} up to ${slack} minutes apart are one row`;
}
