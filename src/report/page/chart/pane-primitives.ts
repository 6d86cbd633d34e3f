import type {
  IChartApi,
  IPanePrimitive,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  Logical,
  PaneAttachedParameter,
  Time,
} from 'lightweight-charts';
import type { Palette } from '../palette.js';
import type { Gap } from './chart-data.js';

/** The drawing target that the chart passes to its primitives. */
export type Canvas = Parameters<IPrimitivePaneRenderer['draw']>[0];

/** The x coordinate of a minute of the range, counted from its beginning; in CSS pixels. */
export function xOf(chart: IChartApi, minute: number): number {
  const scale = chart.timeScale();
  const [first, next] = [scale.logicalToCoordinate(0 as Logical), scale.logicalToCoordinate(1 as Logical)];
  if (first === null || next === null) return NaN;
  return first + (next - first) * minute;
}

const HATCH = 7;

/** Shades the gaps over the whole height of a pane, hatched, so that they can be seen without colour. */
export class GapShade implements IPanePrimitive {
  #chart: IChartApi | undefined;
  readonly #views: readonly IPrimitivePaneView[];

  constructor(gaps: readonly Gap[], palette: () => Palette) {
    const draw = (target: Canvas) => {
      const chart = this.#chart;
      if (!chart) return;
      target.useMediaCoordinateSpace(({ context, mediaSize }) => {
        context.fillStyle = context.strokeStyle = palette().gap;
        for (const gap of gaps) {
          const [left, right] = [xOf(chart, gap.from - 0.5), xOf(chart, gap.to - 0.5)];
          if (right < 0 || left > mediaSize.width) continue;
          shade(context, Math.max(left, -HATCH), Math.min(right, mediaSize.width + HATCH), mediaSize.height);
        }
      });
    };
    this.#views = [{ zOrder: () => 'bottom', renderer: () => ({ draw }) }];
  }

  attached({ chart }: PaneAttachedParameter<Time>): void {
    this.#chart = chart;
  }

  detached(): void {
    this.#chart = undefined;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }
}

/** At least one pixel wide, so that a gap is visible at every zoom. */
function shade(context: CanvasRenderingContext2D, left: number, right: number, height: number): void {
  const width = Math.max(1, right - left);
  context.save();
  context.beginPath();
  context.rect(left, 0, width, height);
  context.clip();
  context.globalAlpha = 0.14;
  context.fillRect(left, 0, width, height);
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = Math.floor((left - height) / HATCH) * HATCH; x < left + width; x += HATCH) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}

/** A line's name in the line's colour. */
interface TitlePart {
  text: string;
  color: string;
}

const BASELINE = 15;
const SPACE = 12;

/** Writes the names of a pane's lines in its corner. */
export class PaneTitle implements IPanePrimitive {
  readonly #views: readonly IPrimitivePaneView[];

  constructor(parts: () => readonly TitlePart[]) {
    const draw = (target: Canvas) => {
      target.useMediaCoordinateSpace(({ context }) => {
        context.font = '11px system-ui, sans-serif';
        let x = 4;
        for (const { text, color } of parts()) {
          context.fillStyle = color;
          context.fillText(text, x, BASELINE);
          x += context.measureText(text).width + SPACE;
        }
      });
    };
    this.#views = [{ zOrder: () => 'top', renderer: () => ({ draw }) }];
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }
}
