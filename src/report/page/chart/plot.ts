import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts';

/** The drawing target that the chart passes to its primitives. */
type Canvas = Parameters<IPrimitivePaneRenderer['draw']>[0];

/** A pane's canvas with its scales: minutes counted from the range's beginning, and prices. All in device pixels. */
export interface Plot {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  /** Device pixels of a CSS pixel; more where the chart is drawn larger than it is shown. */
  ratio: number;
  /** The visible minutes, and one on each side. */
  first: number;
  last: number;
  /** From one minute to the next. */
  spacing: number;
  /** The middle of a minute. */
  xOf: (minute: number) => number;
  yOf: (price: number) => number;
}

/** How a chart is drawn at the moment. */
export interface Drawing {
  /** The chart is drawn this many times as large as it is shown. */
  sharpness: number;
}

type Layer = 'bottom' | 'normal' | 'top';

/** Calls functions that draw on the pane of a series, or on the time axis below it. */
export class Painter implements ISeriesPrimitive {
  #chart: IChartApi | undefined;
  #series: ISeriesApi<'Line'> | undefined;
  readonly #paneViews: IPrimitivePaneView[] = [];
  readonly #axisViews: IPrimitivePaneView[] = [];

  /** @param minutes the number of minutes of the range */
  constructor(
    private readonly minutes: number,
    private readonly drawing: Drawing,
  ) {}

  /** Functions of a higher layer, and those added later, draw over the others. */
  add(layer: Layer, draw: (plot: Plot) => void): this {
    this.#paneViews.push(this.#toView(layer, draw));
    return this;
  }

  addToAxis(draw: (plot: Plot) => void): this {
    this.#axisViews.push(this.#toView('normal', draw));
    return this;
  }

  attached({ chart, series }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart;
    this.#series = series as ISeriesApi<'Line'>;
  }

  detached(): void {
    this.#chart = undefined;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#paneViews;
  }

  timeAxisPaneViews(): readonly IPrimitivePaneView[] {
    return this.#axisViews;
  }

  #toView(layer: Layer, draw: (plot: Plot) => void): IPrimitivePaneView {
    const drawOn = (target: Canvas) => {
      target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio, verticalPixelRatio }) => {
        const scales = this.#toScales(bitmapSize, horizontalPixelRatio, verticalPixelRatio);
        if (scales) draw({ context, ...bitmapSize, ratio: horizontalPixelRatio * this.drawing.sharpness, ...scales });
      });
    };
    return { zOrder: () => layer, renderer: () => ({ draw: drawOn }) };
  }

  #toScales(
    { width, height }: { width: number; height: number },
    horizontalRatio: number,
    verticalRatio: number,
  ): Pick<Plot, 'first' | 'last' | 'spacing' | 'xOf' | 'yOf'> | null {
    const scale = this.#chart?.timeScale();
    const [start, end] = [0, this.minutes].map((at) => scale?.logicalToCoordinate(at as Logical));
    if (start === null || end === null || start === undefined || end === undefined) return null;
    const offset = start * horizontalRatio;
    const spacing = ((end - start) / this.minutes) * horizontalRatio;
    const top = this.#series?.coordinateToPrice(0) ?? 0;
    const bottom = this.#series?.coordinateToPrice(height / verticalRatio) ?? 1;
    return {
      first: Math.max(0, Math.floor(-offset / spacing) - 1),
      last: Math.min(this.minutes - 1, Math.ceil((width - offset) / spacing) + 1),
      spacing,
      xOf: (minute) => offset + minute * spacing,
      yOf: (price) => ((price - top) / (bottom - top)) * height,
    };
  }
}
