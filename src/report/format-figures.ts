import { MINUTE_MS, type Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';

/** Stands for a missing value. */
export const NO_VALUE = '–';

/** `2025-06-01 12:00`, UTC. */
export function formatTime(minute: Minute): string {
  return new Date(minute).toISOString().slice(0, 16).replace('T', ' ');
}

/** `2025-06-01 12:00:05`, UTC. */
export function formatInstant(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2025-06-01 12:00 – 12:05`, UTC, the second date only where it is another day. */
export function formatStretch({ from, to }: MinuteRange): string {
  const [start, end] = [formatTime(from), formatTime(to)];
  return `${start} – ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}

/** `1,440`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `80 min`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const minutes = Math.round(durationMs / MINUTE_MS);
  if (minutes < 120) return `${minutes} min`;
  const [large, small, part, unit] = minutes < 2880 ? [60, 1, 'h', 'min'] : [1440, 60, 'd', 'h'];
  const rest = Math.floor((minutes % Number(large)) / Number(small));
  return `${Math.floor(minutes / Number(large))} ${part}${rest > 0 ? ` ${rest} ${unit}` : ''}`;
}

/** A number with at most `digits` significant digits, whole numbers in full; `–` for none. */
export function formatFigure(number: number | null, digits = 6): string {
  if (number === null || Number.isNaN(number)) return NO_VALUE;
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(digits)));
}

/** `94.4 %`; 100 % and 0 % only where they are exact. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return NO_VALUE;
  const percent = (part / whole) * 100;
  const shown = part < whole ? Math.min(99.9, percent) : percent;
  return `${(part > 0 ? Math.max(0.1, shown) : shown).toFixed(part === whole || part === 0 ? 0 : 1)} %`;
}
