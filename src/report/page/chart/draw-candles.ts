import type { Palette } from '../palette.js';
import { forEachBar } from './draw-lines.js';
import type { Plot } from './plot.js';

/** The columns of the candles, by minute; NaN is "no number". */
export interface CandleColumns {
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  /** Index in `SOURCES`. */
  source: Float64Array;
}

/** In which colour a column of pixels is drawn that has candles of several sources: the first of these. */
const SOURCE_ORDER = [1, 0, 2];
/** With less space, in device pixels, a candle is a line from its low to its high. */
const MIN_BODY_WIDTH = 3;

/** Draws candles in the colours of their sources, hollow where they closed higher. */
export function drawCandles(plot: Plot, candles: CandleColumns, { sources, surface }: Palette): void {
  const { context, yOf, ratio } = plot;
  const line = Math.max(1, Math.floor(ratio));
  forEachBar(plot, (from, to, left, width) => {
    const found = joinCandles(candles, from, to);
    if (!found) return;
    context.fillStyle = sources[found.source]!;
    const [top, bottom] = [Math.round(yOf(found.high)), Math.round(yOf(found.low))];
    if (width < MIN_BODY_WIDTH) {
      context.fillRect(left, top, width, Math.max(1, bottom - top));
      return;
    }
    const wick = left + Math.floor((width - line) / 2);
    context.fillRect(wick, top, line, Math.max(1, bottom - top));
    const [open, close] = [Math.round(yOf(found.open)), Math.round(yOf(found.close))];
    const [bodyTop, height] = [Math.min(open, close), Math.max(line, Math.abs(open - close))];
    context.fillRect(left, bodyTop, width, height);
    if (found.close < found.open || height <= 2 * line || width <= 2 * line) return;
    context.fillStyle = surface;
    context.fillRect(left + line, bodyTop + line, width - 2 * line, height - 2 * line);
  });
}

/** The candle of the minutes from `from` up to `to`; null without any. */
function joinCandles(
  { open, high, low, close, source }: CandleColumns,
  from: number,
  to: number,
): { open: number; high: number; low: number; close: number; source: number } | null {
  let joined: ReturnType<typeof joinCandles> = null;
  for (let minute = from; minute < to; minute += 1) {
    if (!Number.isFinite(open[minute]! + high[minute]! + low[minute]! + close[minute]!)) continue;
    if (!joined) {
      joined = {
        open: open[minute]!,
        high: high[minute]!,
        low: low[minute]!,
        close: close[minute]!,
        source: source[minute]!,
      };
      continue;
    }
    joined.high = Math.max(joined.high, high[minute]!);
    joined.low = Math.min(joined.low, low[minute]!);
    joined.close = close[minute]!;
    if (SOURCE_ORDER.indexOf(source[minute]!) < SOURCE_ORDER.indexOf(joined.source)) joined.source = source[minute]!;
  }
  return joined;
}
