import type { Minute } from '../core/minute.js';

/** `2025-06-01T12:00:00Z`: ISO 8601 as data files write it, milliseconds only where there are any. */
export function toIsoTime(time: Minute): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
