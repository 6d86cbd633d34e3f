import { DAY_MS, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';

/** Things of one kind that are close together. */
export interface Stretch<T> extends MinuteRange {
  items: T[];
}

/** A rule by which things are joined. Things that touch always are. */
interface JoinRule {
  /** Completes the caption of a table: `flags of one day are one row`. */
  words: string;
  isJoined: (stretch: MinuteRange, item: MinuteRange) => boolean;
}

const upTo = (minutes: number): JoinRule => ({
  words: `up to ${minutes} minutes apart`,
  isJoined: (stretch, item) => item.from <= stretch.to + minutes * MINUTE_MS,
});
const within = (words: string, lengthMs: number): JoinRule => ({
  words,
  isJoined: (stretch, item) => Math.floor(item.from / lengthMs) === Math.floor(stretch.from / lengthMs),
});

/** From the finest view to the coarsest. */
const RULES: readonly JoinRule[] = [
  { words: '', isJoined: () => false },
  upTo(10),
  upTo(60),
  within('of one day', DAY_MS),
  within('of seven days', 7 * DAY_MS),
];
/** When even these are too many. */
const ALL: JoinRule = { words: 'of one kind', isJoined: () => true };

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
 * @returns the stretches by time, and by which rule they are joined, in words; empty where they only touch
 */
export function joinStretches<T extends MinuteRange>(
  items: readonly T[],
  { kindOf, maxStretches = MAX_STRETCHES }: JoinOptions<T>,
): { joined: string; stretches: Stretch<T>[] } {
  const ordered = [...items].sort((a, b) => a.from - b.from);
  for (const rule of RULES) {
    const stretches = joinBy(rule, ordered, kindOf);
    if (stretches.length <= maxStretches) return { joined: rule.words, stretches };
  }
  return { joined: ALL.words, stretches: joinBy(ALL, ordered, kindOf) };
}

function joinBy<T extends MinuteRange>(
  { isJoined }: JoinRule,
  ordered: readonly T[],
  kindOf: (item: T) => string,
): Stretch<T>[] {
  const latest = new Map<string, Stretch<T>>();
  const stretches: Stretch<T>[] = [];
  for (const item of ordered) {
    const kind = kindOf(item);
    const last = latest.get(kind);
    if (last && (item.from <= last.to || isJoined(last, item))) {
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

/** Completes a caption where stretches are not only what touches: `; gaps up to 60 minutes apart are one row`. */
export function describeJoined(what: string, joined: string): string {
  return joined === '' ? '' : `; ${what} ${joined} are one row`;
}
