import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type MouseEventParams,
  type UTCTimestamp,
} from 'lightweight-charts';
import { CandleMarks } from './candle-marks.js';
import { toCandles, toFlagMarks, toGaps, toSourceRuns, toVolumes, type Gap } from './chart-data.js';
import { chartOptions, priceFormatOf } from './chart-options.js';
import { GapShade, PaneTitle } from './pane-primitives.js';
import { IndicatorPanes } from './indicator-panes.js';
import type { PageRows } from '../page-rows.js';
import type { Palette } from '../palette.js';

const HEIGHTS = { candles: 330, volume: 90, indicator: 110, axis: 28 };
/** The part of a long range that is shown when the page opens. */
const FIRST_MINUTES = 1440;
/** Space on both sides for the labels at the ends, as a share of the visible minutes. */
const MARGIN = 0.015;

/** The chart of one symbol: candles, volume, and the indicators that are chosen. */
export class SymbolChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #indicators: IndicatorPanes;
  readonly #gaps: readonly Gap[];
  #palette: Palette;

  constructor(
    private readonly element: HTMLElement,
    private readonly rows: PageRows,
    palette: Palette,
  ) {
    this.#palette = palette;
    this.#gaps = toGaps(rows);
    this.#chart = createChart(element, chartOptions(palette));
    element.querySelector('table')?.setAttribute('role', 'presentation'); // a layout table of canvases
    this.#candles = this.#chart.addSeries(CandlestickSeries, {
      priceFormat: priceFormatOf(rows, 'close'),
      priceLineVisible: false,
      lastValueVisible: false,
    });
    this.#volume = this.#addVolume();
    const colors = () => this.#palette;
    this.#candles.attachPrimitive(new CandleMarks(toFlagMarks(rows), toSourceRuns(rows), colors));
    this.#indicators = new IndicatorPanes(this.#chart, rows, (pane) =>
      pane.attachPrimitive(new GapShade(this.#gaps, colors)),
    );
    for (const pane of this.#chart.panes()) pane.attachPrimitive(new GapShade(this.#gaps, colors));
    this.#volume.getPane().attachPrimitive(new PaneTitle(() => [{ text: 'volume', color: this.#palette.muted }]));
    this.#paint();
    this.showLast(FIRST_MINUTES);
  }

  /** Shows exactly these indicators, by the names of their panes. */
  showIndicators(names: readonly string[]): void {
    this.#indicators.show(names, this.#palette);
    const [candles, volume, ...others] = this.#chart.panes();
    candles?.setStretchFactor(HEIGHTS.candles);
    volume?.setStretchFactor(HEIGHTS.volume);
    for (const pane of others) pane.setStretchFactor(HEIGHTS.indicator);
    const panes = this.rows.payload.panes.filter(({ name, isOverlay }) => names.includes(name) && !isOverlay).length;
    this.element.style.height = `${HEIGHTS.candles + HEIGHTS.volume + HEIGHTS.indicator * panes + HEIGHTS.axis}px`;
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#chart.applyOptions(chartOptions(palette));
    this.#paint();
    this.#indicators.paint(palette);
  }

  /** Calls back with the minute under the pointer, counted from the range's beginning. */
  onHover(listener: (minute: number) => void): void {
    this.#chart.subscribeCrosshairMove(({ time, point }: MouseEventParams) => {
      if (typeof time === 'number' && point) listener((time - this.rows.secondsAt(0)) / 60);
    });
  }

  /** Puts the crosshair on a minute, and scrolls to it when it is out of view. */
  pointAt(minute: number): void {
    const scale = this.#chart.timeScale();
    const visible = scale.getVisibleLogicalRange();
    if (visible && (minute < visible.from || minute > visible.to)) {
      const shift = minute - (visible.from + visible.to) / 2;
      scale.setVisibleLogicalRange({ from: visible.from + shift, to: visible.to + shift });
    }
    const price = this.rows.column('close')[this.rows.indexOf(minute)];
    const level = price !== undefined && Number.isFinite(price) ? price : this.#middlePrice();
    this.#chart.setCrosshairPosition(level, this.rows.secondsAt(minute) as UTCTimestamp, this.#candles);
  }

  /** Zooms by a factor; below 1 it zooms out. */
  zoom(factor: number): void {
    const scale = this.#chart.timeScale();
    const visible = scale.getVisibleLogicalRange();
    if (!visible) return;
    const [middle, half] = [(visible.from + visible.to) / 2, (visible.to - visible.from) / 2 / factor];
    scale.setVisibleLogicalRange({ from: middle - half, to: middle + half });
  }

  /** Shows the last minutes of the range. */
  showLast(minutes: number): void {
    const [shown, to] = [Math.min(minutes, this.rows.minutes), this.rows.minutes - 0.5];
    this.#chart.timeScale().setVisibleLogicalRange({ from: to - shown * (1 + MARGIN), to: to + shown * MARGIN });
  }

  #addVolume(): ISeriesApi<'Histogram'> {
    const { volume: line } = this.rows.payload;
    const volume = this.#chart.addSeries(
      HistogramSeries,
      {
        priceFormat: { type: 'volume' },
        priceLineVisible: false,
        lastValueVisible: false,
        // keeps the threshold line visible where every volume is far below it
        autoscaleInfoProvider: (
          original: () => { priceRange: { minValue: number; maxValue: number } | null } | null,
        ) => {
          const found = original();
          if (!found?.priceRange || !line) return found;
          const { minValue, maxValue } = found.priceRange;
          return { ...found, priceRange: { minValue, maxValue: Math.max(maxValue, line.threshold * 1.15) } };
        },
      },
      1,
    );
    return volume;
  }

  #paint(): void {
    this.#candles.setData(toCandles(this.rows, this.#palette));
    this.#volume.applyOptions({ color: this.#palette.volume });
    this.#volume.setData(toVolumes(this.rows, this.#palette));
    for (const line of this.#volume.priceLines()) this.#volume.removePriceLine(line);
    const { volume: line } = this.rows.payload;
    if (!line) return;
    this.#volume.createPriceLine({
      price: line.threshold,
      title: `mean + ${line.sigma} sd`,
      color: this.#palette.threshold,
      lineStyle: 2,
      lineWidth: 1,
      axisLabelColor: this.#palette.surface,
      axisLabelTextColor: this.#palette.threshold,
      axisLabelVisible: true,
    });
  }

  #middlePrice(): number {
    const height = this.#chart.panes()[0]?.getHeight() ?? 0;
    return this.#candles.coordinateToPrice(height / 2) ?? 0;
  }
}
