import type { Plot } from './plot.js';

/** A line's name in the line's colour. */
export interface TitlePart {
  text: string;
  color: string;
}

/** In CSS pixels. */
const BASELINE = 15;
const SPACE = 12;

/** Writes the names of a pane's lines in its corner, over a patch of the background. */
export function drawTitles({ context, ratio }: Plot, parts: readonly TitlePart[], surface: string): void {
  setSmallFont(context, ratio);
  let x = 4 * ratio;
  for (const { text, color } of parts) {
    drawOutlined(context, text, { x, y: BASELINE * ratio }, { color, surface, ratio });
    x += context.measureText(text).width + SPACE * ratio;
  }
}

/** The font of the texts that are drawn on a chart. */
export function setSmallFont(context: CanvasRenderingContext2D, ratio: number): void {
  context.font = `${11 * ratio}px system-ui, sans-serif`;
  context.lineJoin = 'round';
}

/** Text with an outline in the background colour, which keeps it readable over lines and candles. */
export function drawOutlined(
  context: CanvasRenderingContext2D,
  text: string,
  { x, y }: { x: number; y: number },
  { color, surface, ratio }: { color: string; surface: string; ratio: number },
): void {
  context.fillStyle = color;
  context.strokeStyle = surface;
  context.lineWidth = 4 * ratio;
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}
