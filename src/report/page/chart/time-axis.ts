import { type Minute, MINUTE_MS } from '../../../core/minute.js';
import type { Palette } from '../palette.js';
import type { Plot } from './plot.js';

/** A time that has a label and a line in the grid. */
export interface Tick {
  /** Counted from the range's beginning. */
  minute: number;
  label: string;
  /** The beginning of a day, or of a year where months are labelled. */
  isMajor: boolean;
}

const DAY = 1440;
/** The minutes between two labels; after these come months. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
const MONTH_STEPS = [1, 2, 3, 6, 12];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Weeks begin on a Monday; the first day of 1970 was a Thursday. */
const MONDAY = 4 * DAY;

/**
 * The times to label of some minutes, at most one in `minMinutes`, all UTC. The first one says its day if no other does.
 *
 * @param from the time of minute 0
 */
export function findTicks(from: Minute, { first, last }: { first: number; last: number }, minMinutes: number): Tick[] {
  const step = STEPS.find((minutes) => minutes >= minMinutes);
  const ticks = step === undefined ? findMonths(from, first, last, minMinutes) : findSteps(from, first, last, step);
  if (step !== undefined && step < DAY && ticks[0] && !ticks.some(({ isMajor }) => isMajor)) {
    ticks[0].label = `${formatDay(from + ticks[0].minute * MINUTE_MS)} ${ticks[0].label}`;
  }
  return ticks;
}

function findSteps(from: Minute, first: number, last: number, step: number): Tick[] {
  const origin = step >= 7 * DAY ? MONDAY : 0;
  const start = from / MINUTE_MS - origin;
  const ticks: Tick[] = [];
  for (let at = Math.ceil((start + first) / step) * step; at <= start + last; at += step) {
    const time = (at + origin) * MINUTE_MS;
    const isMajor = time % (DAY * MINUTE_MS) === 0;
    const label = isMajor ? formatDay(time) : new Date(time).toISOString().slice(11, 16);
    ticks.push({ minute: at - start, label, isMajor: isMajor && step < DAY });
  }
  return ticks;
}

function findMonths(from: Minute, first: number, last: number, minMinutes: number): Tick[] {
  const step = MONTH_STEPS.find((months) => months * 30 * DAY >= minMinutes) ?? 12;
  const start = new Date(from + first * MINUTE_MS);
  const ticks: Tick[] = [];
  for (let month = Math.ceil(start.getUTCMonth() / step) * step; ; month += step) {
    const time = Date.UTC(start.getUTCFullYear(), month);
    const minute = (time - from) / MINUTE_MS;
    if (minute > last) return ticks;
    const at = new Date(time);
    const isMajor = at.getUTCMonth() === 0;
    if (minute >= first) ticks.push({ minute, label: `${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`, isMajor });
  }
}

/** `24 Mar`. */
function formatDay(time: Minute): string {
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** In CSS pixels. */
const LABEL_SPACING = 68;
const MIN_SPACE = 10;
const FONT_SIZE = 12;

function ticksOf(plot: Plot, from: Minute): Tick[] {
  return findTicks(from, plot, (LABEL_SPACING * plot.ratio) / plot.spacing);
}

/** Draws a vertical line at each labelled time. */
export function drawTimeGrid(plot: Plot, from: Minute, { grid }: Palette): void {
  plot.context.fillStyle = grid;
  const width = Math.max(1, Math.floor(plot.ratio));
  for (const { minute } of ticksOf(plot, from))
    plot.context.fillRect(Math.round(plot.xOf(minute)), 0, width, plot.height);
}

/** Writes the labels of the time axis: each whole, and none over another. */
export function drawTimeLabels(plot: Plot, from: Minute, { text }: Palette): void {
  const { context, ratio, width, height } = plot;
  context.save();
  context.fillStyle = text;
  context.textBaseline = 'middle';
  let end = -Infinity;
  for (const { minute, label, isMajor } of ticksOf(plot, from)) {
    context.font = `${isMajor ? '600 ' : ''}${FONT_SIZE * ratio}px system-ui, sans-serif`;
    const labelWidth = context.measureText(label).width;
    // a label at the end of the axis is moved inwards, as long as its time is visible
    const middle = plot.xOf(minute);
    const left = Math.min(Math.max(middle - labelWidth / 2, 0), width - labelWidth);
    if (middle < 0 || middle > width || left < end + MIN_SPACE * ratio) continue;
    context.fillText(label, left, height / 2);
    end = left + labelWidth;
  }
  context.restore();
}
