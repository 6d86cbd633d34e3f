import type {
  IChartApi,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts';
import type { Palette } from '../palette.js';
import type { FlagMark, SourceRun } from './chart-data.js';
import { xOf, type Canvas } from './pane-primitives.js';

const LANE = 7;
const FLAG = 8;
const MIN_TEXT_SPACING = 6;
/** With less space than this for each, flags would hide the candles. */
const MIN_FLAG_SPACING = 20;

/** Marks the flags over the candles with their rules, and the sources in a lane below, each with its own pattern. */
export class CandleMarks implements ISeriesPrimitive {
  #chart: IChartApi | undefined;
  #series: ISeriesApi<'Candlestick'> | undefined;
  readonly #views: readonly IPrimitivePaneView[];

  constructor(
    private readonly flags: readonly FlagMark[],
    private readonly runs: readonly SourceRun[],
    private readonly palette: () => Palette,
  ) {
    this.#views = [{ zOrder: () => 'top', renderer: () => ({ draw: (target) => this.#draw(target) }) }];
  }

  attached({ chart, series }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart;
    this.#series = series as ISeriesApi<'Candlestick'>;
  }

  detached(): void {
    this.#chart = undefined;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  #draw(target: Canvas): void {
    const [chart, series] = [this.#chart, this.#series];
    if (!chart || !series) return;
    target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
      this.#drawLane(context, chart, width, height);
      this.#drawFlags(context, chart, series, width);
    });
  }

  #drawLane(context: CanvasRenderingContext2D, chart: IChartApi, width: number, height: number): void {
    const top = height - LANE;
    for (const { from, to, source } of this.runs) {
      const [left, right] = [xOf(chart, from - 0.5), xOf(chart, to - 0.5)];
      if (right < 0 || left > width) continue;
      context.fillStyle = this.palette().sources[source]!;
      drawPattern(context, source, Math.max(0, left), Math.min(right, width), top);
    }
  }

  #drawFlags(
    context: CanvasRenderingContext2D,
    chart: IChartApi,
    series: ISeriesApi<'Candlestick'>,
    width: number,
  ): void {
    const visible = this.flags
      .map((flag) => ({ ...flag, x: xOf(chart, flag.minute) }))
      .filter(({ x }) => x > -FLAG && x < width + FLAG);
    context.font = '11px system-ui, sans-serif';
    context.lineJoin = 'round';
    if (visible.length * MIN_FLAG_SPACING > width) drawSummary(context, visible, this.palette());
    else drawEach(context, visible, (price) => series.priceToCoordinate(price), { width, palette: this.palette() });
  }
}

type VisibleFlag = FlagMark & { x: number };

/** Draws each flag over its candle, with its rule where there is space for it. */
function drawEach(
  context: CanvasRenderingContext2D,
  flags: readonly VisibleFlag[],
  toY: (price: number) => number | null,
  { width, palette: { flag, surface } }: { width: number; palette: Palette },
): void {
  let textEnd = -Infinity;
  for (const { x, price, rules, isOpen } of flags) {
    const bottom = Math.max(FLAG + 14, (toY(price) ?? FLAG * 3) - 4);
    context.fillStyle = isOpen ? flag : surface;
    context.strokeStyle = flag;
    context.lineWidth = 1;
    drawFlag(context, x, bottom);
    const textWidth = context.measureText(rules).width;
    const start = Math.min(Math.max(2, x - textWidth / 2), width - textWidth - 2);
    if (start < textEnd + MIN_TEXT_SPACING) continue;
    textEnd = start + textWidth;
    drawText(context, rules, { x: start, y: bottom - FLAG - 5 }, { flag, surface });
  }
}

/** Draws a tick for each flag at the top, and the number of flags by rule. */
function drawSummary(
  context: CanvasRenderingContext2D,
  flags: readonly VisibleFlag[],
  { flag, surface }: Palette,
): void {
  context.fillStyle = flag;
  for (const { x, isOpen } of flags) context.fillRect(x - 0.5, isOpen ? 2 : 5, 1, isOpen ? FLAG : FLAG - 3);
  const counts = new Map<string, number>();
  for (const { rules } of flags) counts.set(rules, (counts.get(rules) ?? 0) + 1);
  const text = [...counts].map(([rules, count]) => `${rules} ${count}`).join(', ');
  drawText(context, text, { x: 4, y: FLAG + 16 }, { flag, surface });
}

/** Text with an outline in the background colour, which keeps it readable over candles. */
function drawText(
  context: CanvasRenderingContext2D,
  text: string,
  { x, y }: { x: number; y: number },
  { flag, surface }: Pick<Palette, 'flag' | 'surface'>,
): void {
  context.fillStyle = flag;
  context.strokeStyle = surface;
  context.lineWidth = 4;
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

/** BINANCE is solid, FALLBACK is dotted, BINANCE_BACKFILL is a thinner line. */
function drawPattern(
  context: CanvasRenderingContext2D,
  source: number,
  left: number,
  right: number,
  top: number,
): void {
  const width = Math.max(1, right - left);
  if (source === 0) context.fillRect(left, top, width, LANE);
  else if (source === 2) context.fillRect(left, top + LANE - 3, width, 3);
  else for (let x = left; x < left + width; x += 5) context.fillRect(x, top, Math.min(3, left + width - x), LANE);
}

/** A triangle that points at the candle. */
function drawFlag(context: CanvasRenderingContext2D, x: number, bottom: number): void {
  context.beginPath();
  context.moveTo(x, bottom);
  context.lineTo(x - FLAG / 2, bottom - FLAG);
  context.lineTo(x + FLAG / 2, bottom - FLAG);
  context.closePath();
  context.fill();
  context.stroke();
}
