import { createChart, type IChartApi, type MouseEventParams, type UTCTimestamp } from 'lightweight-charts';
import { CANDLE_FIELDS } from '../../../core/candle.js';
import { formatFigure } from '../../format-figures.js';
import type { PageRows } from '../page-rows.js';
import type { Palette } from '../palette.js';
import { drawFlags, drawSources } from './candle-marks.js';
import { toFlagMarks, toGaps, toSourceRuns } from './chart-data.js';
import { chartOptions, priceFormatOf } from './chart-options.js';
import { drawCandles } from './draw-candles.js';
import { drawBars, drawThreshold } from './draw-lines.js';
import { drawTitles } from './draw-titles.js';
import { IndicatorPanes } from './indicator-panes.js';
import { addPlotSeries, type PlotSeries } from './plot-series.js';
import type { Painter } from './plot.js';
import { shadeGaps } from './shade-gaps.js';
import { drawTimeGrid, drawTimeLabels } from './time-axis.js';

const HEIGHTS = { candles: 330, volume: 90, indicator: 110, axis: 28 };
/** Space on both sides, as a share of the visible minutes. */
const MARGIN = 0.015;
/** The width of a printed page between its margins, in CSS pixels: that of A4, which is narrower than Letter. */
const PAGE_WIDTH = 700;
/** Dots of the printed chart for each CSS pixel. */
const SHARPNESS = 2;
/** The space above the threshold of the volume, as a factor: it is visible where every volume is far below it. */
const ABOVE_THRESHOLD = 1.15;

/** The chart of one symbol: candles, volume, and the indicators that are chosen. It opens on the whole range. */
export class SymbolChart {
  readonly #chart: IChartApi;
  readonly #candles: PlotSeries;
  readonly #indicators: IndicatorPanes;
  /** Shared by everything that draws. */
  readonly #drawing = { sharpness: 1 };
  #size: readonly number[] = [];
  #isResizing = false;
  /** Whether the next frame will show other minutes. */
  #isShowing = false;
  #onShown: (shown: { from: number; to: number }) => void = () => {};
  /** The visible minutes, or those that the next frame will show. */
  #shown = { from: 0, to: 0 };
  #palette: Palette;

  constructor(
    private readonly element: HTMLElement,
    readonly rows: PageRows,
    palette: Palette,
  ) {
    this.#palette = palette;
    this.#chart = createChart(element, chartOptions(palette, 1));
    element.querySelector('table')?.setAttribute('role', 'presentation'); // a layout table of canvases
    const gaps = toGaps(rows);
    const addBackground = (painter: Painter) => {
      painter.add('bottom', (plot) => {
        drawTimeGrid(plot, rows.payload.from, this.#palette);
        shadeGaps(plot, gaps, this.#palette);
      });
    };
    this.#indicators = new IndicatorPanes(
      { chart: this.#chart, rows, drawing: this.#drawing },
      () => this.#palette,
      addBackground,
    );
    this.#candles = this.#addCandles(addBackground);
    this.#addVolume(addBackground);
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && !this.#isResizing) this.#setShown(range);
    });
    this.showLast(rows.minutes);
    this.#resize(element.clientWidth, element.clientHeight);
    new ResizeObserver(() => this.#resize(element.clientWidth, element.clientHeight)).observe(element);
  }

  /** Shows exactly these indicators, by the names of their panes. */
  showIndicators(names: readonly string[]): void {
    this.#indicators.show(names);
    const [candles, volume, ...others] = this.#chart.panes();
    candles?.setStretchFactor(HEIGHTS.candles);
    volume?.setStretchFactor(HEIGHTS.volume);
    for (const pane of others) pane.setStretchFactor(HEIGHTS.indicator);
    const panes = this.rows.payload.panes.filter(({ name, isOverlay }) => names.includes(name) && !isOverlay).length;
    this.element.style.height = `${HEIGHTS.candles + HEIGHTS.volume + HEIGHTS.indicator * panes + HEIGHTS.axis}px`;
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#chart.applyOptions(chartOptions(palette, 1));
    this.#indicators.paint();
    this.#showRange(this.#shown); // after printing, it is not what is shown
  }

  /** Calls back with the minute under the pointer, counted from the range's beginning. */
  onHover(listener: (minute: number) => void): void {
    this.#chart.subscribeCrosshairMove(({ time, point }: MouseEventParams) => {
      const isHover = typeof time === 'number' && point && !this.#isShowing;
      if (isHover) listener((time - this.rows.secondsAt(0)) / 60);
    });
  }

  /** Puts the crosshair on a minute, and scrolls to it when it is out of view. */
  pointAt(minute: number): void {
    const { from, to } = this.#shown;
    if (minute < from || minute > to) {
      const shift = minute - (from + to) / 2;
      this.#showRange({ from: from + shift, to: to + shift });
    }
    const price = this.rows.column('close')[this.rows.indexOf(minute)];
    const level = price !== undefined && Number.isFinite(price) ? price : this.#middlePrice();
    const time = this.rows.secondsAt(minute) as UTCTimestamp;
    const point = () => this.#chart.setCrosshairPosition(level, time, this.#candles.series);
    // the crosshair stays where it is on the screen when other minutes are shown
    if (this.#isShowing) requestAnimationFrame(point);
    else point();
  }

  /** Zooms by a factor; below 1 it zooms out. */
  zoom(factor: number): void {
    const { from, to } = this.#shown;
    const [middle, half] = [(from + to) / 2, (to - from) / 2 / factor];
    this.#showRange({ from: middle - half, to: middle + half });
  }

  /** Shows the last minutes of the range. */
  showLast(minutes: number): void {
    this.show({ from: Math.max(0, this.rows.minutes - minutes), to: this.rows.minutes });
  }

  /** Shows the minutes from `from` up to `to`, with a margin on both sides. */
  show({ from, to }: { from: number; to: number }): void {
    const margin = (to - from) * MARGIN;
    this.#showRange({ from: from - 0.5 - margin, to: to - 0.5 + margin });
  }

  /** Calls back with the minutes that are shown, without the margin: now, and whenever they change. */
  onShown(listener: (shown: { from: number; to: number }) => void): void {
    this.#onShown = listener;
    this.#setShown(this.#shown);
  }

  /** @param range in minutes counted from the middle of the first one */
  #showRange(range: { from: number; to: number }): void {
    this.#setShown(range);
    this.#isShowing = true;
    this.#chart.timeScale().setVisibleLogicalRange(range); // with the next frame
    requestAnimationFrame(() => (this.#isShowing = false));
  }

  #setShown(range: { from: number; to: number }): void {
    this.#shown = range;
    const margin = ((range.to - range.from) * MARGIN) / (1 + 2 * MARGIN);
    this.#onShown({ from: range.from + 0.5 + margin, to: range.to + 0.5 - margin });
  }

  /** Draws the chart for paper, in the current colours. What is on the screen stays as it is. */
  drawForPrint(): HTMLCanvasElement {
    const { clientWidth, clientHeight } = this.element;
    this.#resize(PAGE_WIDTH, clientHeight, SHARPNESS);
    const drawn = this.#chart.takeScreenshot(true);
    this.#resize(clientWidth, clientHeight);
    return drawn;
  }

  /** Draws the same minutes in another size. */
  #resize(width: number, height: number, sharpness = 1): void {
    const size = [width * sharpness, height * sharpness];
    if (width === 0 || height === 0 || String(size) === String(this.#size)) return; // hidden, or unchanged
    this.#size = size;
    this.#isResizing = true; // until the next frame, the chart library reports other ranges than those to show
    this.#drawing.sharpness = sharpness;
    this.#chart.applyOptions(chartOptions(this.#palette, sharpness));
    this.#chart.resize(size[0]!, size[1]!, true);
    this.#showRange(this.#shown);
    requestAnimationFrame(() => requestAnimationFrame(() => (this.#isResizing = false)));
  }

  #addCandles(addBackground: (painter: Painter) => void): PlotSeries {
    const { rows } = this;
    const [open, high, low, close] = CANDLE_FIELDS.map((name) => rows.byMinute(name)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const columns = { open, high, low, close, source: rows.byMinute('source') };
    const candles = addPlotSeries(
      { chart: this.#chart, rows, drawing: this.#drawing },
      {
        pane: 0,
        priceFormat: priceFormatOf(rows, 'close'),
        columns: () => [high, low, ...this.#indicators.overlayColumns()],
      },
    );
    addBackground(candles.painter);
    const [runs, flags] = [toSourceRuns(rows), toFlagMarks(rows)];
    candles.painter
      .add('normal', (plot) => {
        // where minutes share a column of pixels, lines would hide the candles
        const areLinesBelow = plot.spacing < plot.ratio;
        if (areLinesBelow) this.#indicators.drawOverlays(plot);
        drawCandles(plot, columns, this.#palette);
        if (!areLinesBelow) this.#indicators.drawOverlays(plot);
      })
      .add('top', (plot) => {
        drawSources(plot, runs, this.#palette);
        drawFlags(plot, flags, this.#palette);
      })
      .addToAxis((plot) => drawTimeLabels(plot, rows.payload.from, this.#palette));
    return candles;
  }

  #addVolume(addBackground: (painter: Painter) => void): void {
    const { rows } = this;
    const volumes = rows.byMinute('volume');
    const { volume: line } = rows.payload;
    const { series, painter } = addPlotSeries(
      { chart: this.#chart, rows, drawing: this.#drawing },
      {
        pane: 1,
        priceFormat: { type: 'volume' },
        columns: () => [volumes],
        values: line ? [0, line.threshold * ABOVE_THRESHOLD] : [0],
      },
    );
    series.priceScale().applyOptions({ scaleMargins: { top: 0.2, bottom: 0 } });
    addBackground(painter);
    painter
      .add('normal', (plot) => {
        const { volume, threshold: above } = this.#palette;
        drawBars(plot, volumes, (value) => (line && value > line.threshold ? above : volume));
      })
      .add('top', (plot) => {
        const { muted, threshold: above, surface } = this.#palette;
        const titles = [{ text: 'volume', color: muted }];
        if (line) {
          drawThreshold(plot, line.threshold, above);
          titles.push({ text: `mean + ${line.sigma} sd: ${formatFigure(line.threshold, 5)}`, color: above });
        }
        drawTitles(plot, titles, surface);
      });
  }

  #middlePrice(): number {
    const height = this.#chart.panes()[0]?.getHeight() ?? 0;
    return this.#candles.series.coordinateToPrice(height / 2) ?? 0;
  }
}
