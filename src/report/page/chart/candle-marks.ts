import type { Palette } from '../palette.js';
import type { FlagMark, SourceRun } from './chart-data.js';
import { drawOutlined, setSmallFont } from './draw-titles.js';
import type { Plot } from './plot.js';

/** In CSS pixels. */
const LANE = 7;
const FLAG = 8;
const MIN_TEXT_SPACING = 6;
/** With less space than this for each, flags would hide the candles. */
const MIN_FLAG_SPACING = 20;

/** Draws the sources in a lane at the bottom of the candles, each with its own pattern. */
export function drawSources(plot: Plot, runs: readonly SourceRun[], { sources }: Palette): void {
  const { context, width, xOf } = plot;
  for (const { from, to, source } of runs) {
    const [left, right] = [xOf(from - 0.5), xOf(to - 0.5)];
    if (right < 0 || left > width) continue;
    context.fillStyle = sources[source]!;
    drawPattern(plot, source, Math.max(0, left), Math.min(right, width));
  }
}

/** BINANCE is solid, FALLBACK is dotted, BINANCE_BACKFILL is a thinner line. */
function drawPattern({ context, height, ratio }: Plot, source: number, left: number, right: number): void {
  const [lane, top] = [LANE * ratio, height - LANE * ratio];
  const width = Math.max(ratio, right - left);
  if (source === 0) context.fillRect(left, top, width, lane);
  else if (source === 2) context.fillRect(left, height - 3 * ratio, width, 3 * ratio);
  else
    for (let x = left; x < left + width; x += 5 * ratio) {
      context.fillRect(x, top, Math.min(3 * ratio, left + width - x), lane);
    }
}

/** Marks the flags over the candles with their rules. */
export function drawFlags(plot: Plot, flags: readonly FlagMark[], palette: Palette): void {
  const { context, width, ratio } = plot;
  const visible = flags
    .map((flag) => ({ ...flag, x: plot.xOf(flag.minute) }))
    .filter(({ x }) => x > -FLAG * ratio && x < width + FLAG * ratio);
  setSmallFont(context, ratio);
  if (visible.length * MIN_FLAG_SPACING * ratio > width) drawSummary(plot, visible, palette);
  else drawEach(plot, visible, palette);
}

type VisibleFlag = FlagMark & { x: number };

/** Draws each flag over its candle, with its rule where there is space for it. */
function drawEach(plot: Plot, flags: readonly VisibleFlag[], { flag, surface }: Palette): void {
  const { context, width, ratio, yOf } = plot;
  const size = FLAG * ratio;
  let textEnd = -Infinity;
  for (const { x, price, rules, isOpen } of flags) {
    const above = Number.isFinite(price) ? yOf(price) - 4 * ratio : size * 3;
    const bottom = Math.max(size + 14 * ratio, above);
    context.fillStyle = isOpen ? flag : surface;
    context.strokeStyle = flag;
    context.lineWidth = ratio;
    drawFlag(context, x, bottom, size);
    const textWidth = context.measureText(rules).width;
    const start = Math.min(Math.max(2 * ratio, x - textWidth / 2), width - textWidth - 2 * ratio);
    if (start < textEnd + MIN_TEXT_SPACING * ratio) continue;
    textEnd = start + textWidth;
    drawOutlined(context, rules, { x: start, y: bottom - size - 5 * ratio }, { color: flag, surface, ratio });
  }
}

/** Draws a tick for each flag at the top, and the number of flags by rule. */
function drawSummary({ context, ratio }: Plot, flags: readonly VisibleFlag[], { flag, surface }: Palette): void {
  context.fillStyle = flag;
  for (const { x, isOpen } of flags) {
    const [top, height] = isOpen ? [2, FLAG] : [5, FLAG - 3];
    context.fillRect(Math.floor(x), top * ratio, Math.max(1, Math.floor(ratio)), height * ratio);
  }
  const counts = new Map<string, number>();
  for (const { rules } of flags) counts.set(rules, (counts.get(rules) ?? 0) + 1);
  const text = [...counts].map(([rules, count]) => `${rules} ${count}`).join(', ');
  drawOutlined(context, text, { x: 4 * ratio, y: (FLAG + 16) * ratio }, { color: flag, surface, ratio });
}

/** A triangle that points at the candle. */
function drawFlag(context: CanvasRenderingContext2D, x: number, bottom: number, size: number): void {
  context.beginPath();
  context.moveTo(x, bottom);
  context.lineTo(x - size / 2, bottom - size);
  context.lineTo(x + size / 2, bottom - size);
  context.closePath();
  context.fill();
  context.stroke();
}
