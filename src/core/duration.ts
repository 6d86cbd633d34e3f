import { DAY_MS, HOUR_MS, MINUTE_MS } from './minute.js';
import { Failure } from './failure.js';

/** The units of a duration, longest first: the letter that is parsed and the unit that is shown. */
const UNITS = [
  { letter: 'd', ms: DAY_MS, shown: 'd' },
  { letter: 'h', ms: HOUR_MS, shown: 'h' },
  { letter: 'm', ms: MINUTE_MS, shown: 'min' },
  { letter: 's', ms: 1000, shown: 's' },
] as const;

/** A duration in the words of JSON Schema, which has no flag `i`: at least one number, each unit at most once. */
export const DURATION_PATTERN = `^(?=[0-9])${UNITS.map(
  ({ letter }) => `(?:([0-9]{1,9})[${letter}${letter.toUpperCase()}])?`,
).join('')}$`;
const PATTERN = new RegExp(DURATION_PATTERN);

/**
 * A duration in milliseconds: whole days, hours, minutes and seconds, longest first, each at most once.
 *
 * @throws Failure (usage) for anything else, also for a number without a unit
 * @example parseDuration('1d12h') // 129600000
 */
export function parseDuration(text: string): number {
  const parts = PATTERN.exec(text.trim())?.slice(1);
  if (parts) return UNITS.reduce((sum, { ms }, i) => sum + Number(parts[i] ?? 0) * ms, 0);
  throw new Failure('usage', `duration "${text}" was not understood`, {
    hint: 'expected a number with its unit, as in 90s, 15m, 12h, 7d or 1d12h',
  });
}

/** `8 d 2 h`, `90 min` as `1 h 30 min`: a duration in its two largest units. */
export function formatDuration(durationMs: number): string {
  const first = UNITS.findIndex(({ ms }) => durationMs >= ms);
  if (first === -1) return '0 s';
  let rest = durationMs;
  const parts = UNITS.slice(first, first + 2).map(({ ms, shown }) => {
    const count = Math.floor(rest / ms);
    rest -= count * ms;
    return { count, text: `${count} ${shown}` };
  });
  return parts.flatMap(({ count, text }) => (count > 0 ? [text] : [])).join(' ');
}
