import { HOUR_MS, MINUTE_MS } from './minute.js';
import { Failure } from './failure.js';

const DAY_MS = 24 * HOUR_MS;
/** The letters of a duration, longest first, with how each is shown. */
const UNITS = [
  { letter: 'd', ms: DAY_MS, shown: 'd' },
  { letter: 'h', ms: HOUR_MS, shown: 'h' },
  { letter: 'm', ms: MINUTE_MS, shown: 'min' },
  { letter: 's', ms: 1000, shown: 's' },
] as const;
const PATTERN = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/i;

/**
 * How long a text says, in milliseconds: whole days, hours, minutes and seconds, longest first, each at most once.
 *
 * @throws Failure (usage) for anything else; a bare number too, for nobody knows its unit
 * @example parseDuration('1d12h') // 129600000
 */
export function parseDuration(text: string): number {
  const parts = PATTERN.exec(text.trim())?.slice(1);
  if (parts?.some((part) => part !== undefined)) {
    return UNITS.reduce((sum, { ms }, i) => sum + Number(parts[i] ?? 0) * ms, 0);
  }
  throw new Failure('usage', `duration "${text}" was not understood`, {
    hint: 'expected a number with its unit, as in 90s, 15m, 12h, 7d or 1d12h',
  });
}

/** `8 d 2 h`, `90 min` as `1 h 30 min`: how durations are shown to people, in their two largest units. */
export function formatDuration(durationMs: number): string {
  const first = UNITS.findIndex(({ ms }) => durationMs >= ms);
  if (first === -1) return '0 s';
  let left = durationMs;
  const parts = UNITS.slice(first, first + 2).map(({ ms, shown }) => {
    const count = Math.floor(left / ms);
    left -= count * ms;
    return { count, text: `${count} ${shown}` };
  });
  return parts.flatMap(({ count, text }) => (count > 0 ? [text] : [])).join(' ');
}
