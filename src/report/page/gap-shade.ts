import type { IChartApi, IPanePrimitive, IPrimitivePaneView, PaneAttachedParameter, Time } from 'lightweight-charts';
import type { Palette } from './palette.js';
import { xOf, type Canvas } from './canvas.js';

/** Minutes without a row, counted from the range's beginning. */
export interface Gap {
  from: number;
  to: number;
}

const HATCH = 7;

/** Shades the gaps over the whole height of a pane, hatched: it does not take colour to see them. */
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

/** A stretch is seen however narrow it is. */
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
