import { HOUR_MS, MINUTE_MS, type Minute } from '../core/minute.js';

const DAY_MS = 24 * HOUR_MS;
/** How far apart instants with a name may lie. */
const TICKS_MS = [10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS];
/** `|06-01` or `|12:00`, and room between two of them. */
const MARK_WIDTH = 6;
const MARK_DISTANCE = MARK_WIDTH + 2;

/**
 * A line over a strip of which each character stands for the time from `starts[i]` up to the next one: it names
 * midnights by their date and, where there is room, times of the day in between. It is no longer than the strip.
 *
 * @param partMs how long a character's time is
 */
export function drawAxis(starts: readonly Minute[], partMs: number): string {
  const shortest = MARK_DISTANCE * partMs;
  const tickMs = TICKS_MS.find((tick) => tick >= shortest) ?? Math.ceil(shortest / DAY_MS) * DAY_MS;
  let line = '';
  starts.forEach((start, i) => {
    const end = starts[i + 1] ?? start + partMs;
    const tick = Math.ceil(start / tickMs) * tickMs;
    if (tick < end) line = mark(line, i, nameOf(tick), starts.length);
  });
  return line;
}

/** A line with `|name` at a place; without the name where that would reach beyond `room`. */
export function mark(line: string, place: number, name: string, room = Infinity): string {
  return `${line.padEnd(place)}|${place + 1 + name.length <= room ? name : ''}`;
}

function nameOf(instant: number): string {
  const time = new Date(instant).toISOString();
  return instant % DAY_MS === 0 ? time.slice(5, 10) : time.slice(11, 16);
}
