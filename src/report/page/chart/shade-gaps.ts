import type { Palette } from '../palette.js';
import type { Gap } from './chart-data.js';
import type { Plot } from './plot.js';

/** In CSS pixels. */
const HATCH = 7;

/** Shades the gaps over the whole height of a pane, hatched, so that they can be seen without colour. */
export function shadeGaps(plot: Plot, gaps: readonly Gap[], { gap: color }: Palette): void {
  const { context, width, height, ratio } = plot;
  context.fillStyle = context.strokeStyle = color;
  for (const gap of gaps) {
    const [left, right] = [plot.xOf(gap.from - 0.5), plot.xOf(gap.to - 0.5)];
    if (right < 0 || left > width) continue;
    const start = Math.max(left, -HATCH * ratio);
    shade(context, start, Math.max(ratio, Math.min(right, width + HATCH * ratio) - start), height, ratio);
  }
}

/** At least one CSS pixel wide, so that a gap is visible at every zoom. */
function shade(context: CanvasRenderingContext2D, left: number, width: number, height: number, ratio: number): void {
  const hatch = HATCH * ratio;
  context.save();
  context.beginPath();
  context.rect(left, 0, width, height);
  context.clip();
  context.globalAlpha = 0.14;
  context.fillRect(left, 0, width, height);
  context.globalAlpha = 0.55;
  context.lineWidth = ratio;
  context.beginPath();
  for (let x = Math.floor((left - height) / hatch) * hatch; x < left + width; x += hatch) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}
