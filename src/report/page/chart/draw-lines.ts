import type { Plot } from './plot.js';

/** How a line is drawn; widths in CSS pixels. */
export interface LineInk {
  color: string;
  isDashed: boolean;
}

/** The most that lines of a minute may be apart to be dashed: closer, dashes are noise. */
const MIN_DASHED_SPACING = 1;

/**
 * Draws a column as lines through consecutive minutes that have a number, and through nothing else: a line ends at a
 * minute without a number and begins again after it, at every zoom.
 *
 * Where several minutes share a column of pixels, the line covers what they cover: first, lowest, highest, last.
 *
 * @param values by minute; NaN is "no number"
 */
export function drawLine(plot: Plot, values: Float64Array, { color, isDashed }: LineInk): void {
  const { context, ratio, spacing } = plot;
  context.save();
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = Math.max(1, Math.floor(ratio));
  context.lineJoin = 'round';
  if (isDashed && spacing >= MIN_DASHED_SPACING * ratio) context.setLineDash([6 * ratio, 5 * ratio]);
  context.beginPath();
  if (spacing >= ratio) traceMinutes(plot, values);
  else tracePixels(plot, values);
  context.stroke();
  context.restore();
}

/** A point for each minute. */
function traceMinutes({ context, first, last, xOf, yOf, ratio }: Plot, values: Float64Array): void {
  let isDown = false;
  for (let minute = first; minute <= last; minute += 1) {
    const value = values[minute]!;
    if (!Number.isFinite(value)) {
      isDown = false;
      continue;
    }
    const [x, y] = [xOf(minute), yOf(value)];
    if (isDown) context.lineTo(x, y);
    else context.moveTo(x, y);
    if (!isDown && !Number.isFinite(values[minute + 1])) dot(context, x, y, ratio);
    isDown = true;
  }
}

/** Up to four points for each column of pixels. */
function tracePixels({ context, first, last, xOf, yOf, ratio }: Plot, values: Float64Array): void {
  let isDown = false;
  let minute = first;
  while (minute <= last) {
    if (!Number.isFinite(values[minute])) {
      isDown = false;
      minute += 1;
      continue;
    }
    const column = Math.floor(xOf(minute));
    const open = values[minute]!;
    let [low, high, close] = [open, open, open];
    for (minute += 1; minute <= last && Number.isFinite(values[minute]); minute += 1) {
      if (Math.floor(xOf(minute)) > column) break;
      close = values[minute]!;
      if (close < low) low = close;
      if (close > high) high = close;
    }
    const x = column + 0.5;
    if (isDown) context.lineTo(x, yOf(open));
    else context.moveTo(x, yOf(open));
    if (low < high) {
      context.lineTo(x, yOf(low));
      context.lineTo(x, yOf(high));
      context.lineTo(x, yOf(close));
    } else if (!isDown && !Number.isFinite(values[minute])) dot(context, x, yOf(open), ratio);
    isDown = true;
  }
}

/** A minute without neighbours. */
function dot(context: CanvasRenderingContext2D, x: number, y: number, ratio: number): void {
  context.moveTo(x - ratio / 2, y);
  context.lineTo(x + ratio / 2, y);
}

/**
 * Draws a column as bars from 0; where several minutes share a column of pixels, from their lowest to their highest.
 *
 * @param colorOf the colour of a bar by its highest number
 */
export function drawBars(plot: Plot, values: Float64Array, colorOf: (value: number) => string): void {
  const { context, yOf, ratio } = plot;
  const zero = yOf(0);
  forEachBar(plot, (from, to, left, width) => {
    let [low, high] = [0, 0];
    let hasNumber = false;
    for (let minute = from; minute < to; minute += 1) {
      const value = values[minute]!;
      if (!Number.isFinite(value)) continue;
      hasNumber = true;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!hasNumber) return;
    context.fillStyle = colorOf(high);
    const [top, bottom] = [Math.min(yOf(high), zero - ratio / 2), Math.max(yOf(low), zero)];
    context.fillRect(left, Math.round(top), width, Math.max(1, Math.round(bottom) - Math.round(top)));
  });
}

/**
 * Calls back for each bar that there is space for: the minutes from `from` up to `to`, and where it is. A bar is one
 * minute, or the minutes of one column of pixels.
 */
export function forEachBar(
  { first, last, spacing, xOf }: Plot,
  draw: (from: number, to: number, left: number, width: number) => void,
): void {
  if (spacing >= 2) {
    const width = Math.max(1, Math.round(spacing * 0.8));
    for (let minute = first; minute <= last; minute += 1) {
      draw(minute, minute + 1, Math.round(xOf(minute) - width / 2), width);
    }
    return;
  }
  let from = first;
  while (from <= last) {
    const column = Math.floor(xOf(from));
    let to = from + 1;
    while (to <= last && Math.floor(xOf(to)) === column) to += 1;
    draw(from, to, column, 1);
    from = to;
  }
}

/** Draws a dashed horizontal line over the whole width. */
export function drawThreshold({ context, width, ratio, yOf }: Plot, value: number, color: string): void {
  const line = Math.max(1, Math.floor(ratio));
  context.fillStyle = color;
  const top = Math.round(yOf(value));
  for (let x = 0; x < width; x += 7 * ratio) context.fillRect(Math.round(x), top, Math.round(4 * ratio), line);
}
