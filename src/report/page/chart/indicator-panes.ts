import type { IndicatorPane } from '../../payload/chart-payload.js';
import type { Palette } from '../palette.js';
import { priceFormatOf } from './chart-options.js';
import { drawBars, drawLine } from './draw-lines.js';
import { drawTitles } from './draw-titles.js';
import { addPlotSeries, type PlotChart, type PlotSeries } from './plot-series.js';
import type { Painter, Plot } from './plot.js';

/** Below the candles and the volume. */
const FIRST_PANE = 2;

/** The chosen indicators on a chart: over the candles, or in panes below the volume. */
export class IndicatorPanes {
  readonly #panes = new Map<string, PlotSeries>();
  #overlays: readonly IndicatorPane[] = [];

  /** @param addBackground adds what every pane has under its lines */
  constructor(
    private readonly on: PlotChart,
    private readonly palette: () => Palette,
    private readonly addBackground: (painter: Painter) => void,
  ) {}

  /** Shows exactly these indicators, always in the same order; panes that are there already are kept. */
  show(names: readonly string[]): void {
    const shown = this.on.rows.payload.panes.filter(({ name }) => names.includes(name));
    this.#overlays = shown.filter(({ isOverlay }) => isOverlay);
    for (const [name, { series }] of this.#panes) {
      if (names.includes(name)) continue;
      this.on.chart.removeSeries(series); // the chart removes a pane with its last series
      this.#panes.delete(name);
    }
    for (const [at, pane] of shown.filter(({ isOverlay }) => !isOverlay).entries()) {
      if (!this.#panes.has(pane.name)) this.#add(pane, FIRST_PANE + at);
    }
    this.paint();
  }

  /** Takes over changed colours. */
  paint(): void {
    const { muted } = this.palette();
    for (const { series } of this.#panes.values()) {
      for (const level of series.priceLines()) level.applyOptions({ color: muted });
    }
  }

  /** The columns of the indicators over the candles, by minute. */
  overlayColumns(): Float64Array[] {
    return this.#overlays.flatMap((pane) => this.#columnsOf(pane));
  }

  drawOverlays(plot: Plot): void {
    for (const pane of this.#overlays) this.#draw(plot, pane);
  }

  #add(pane: IndicatorPane, index: number): void {
    const added = this.on.chart.addPane();
    const { lines, levels } = pane;
    const shown = addPlotSeries(this.on, {
      pane: added.paneIndex(),
      priceFormat: priceFormatOf(this.on.rows, lines[0]!.column),
      columns: () => this.#columnsOf(pane),
      values: lines.some(({ style }) => style === 'columns') ? [0] : [],
    });
    for (const price of levels) {
      shown.series.createPriceLine({ price, lineStyle: 3, lineWidth: 1, axisLabelVisible: false });
    }
    this.addBackground(shown.painter);
    shown.painter
      .add('normal', (plot) => this.#draw(plot, pane))
      .add('top', (plot) => {
        const { inks, surface } = this.palette();
        const titles = lines.map(({ title, ink }) => ({ text: title, color: inks[ink]! }));
        drawTitles(plot, titles, surface);
      });
    this.#panes.set(pane.name, shown);
    added.moveTo(index);
  }

  #draw(plot: Plot, { lines }: IndicatorPane): void {
    const { inks } = this.palette();
    for (const { column, ink, style } of lines) {
      const [values, color] = [this.on.rows.byMinute(column), inks[ink]!];
      if (style === 'columns') drawBars(plot, values, () => color);
      else drawLine(plot, values, { color, isDashed: style === 'dashed' });
    }
  }

  #columnsOf({ lines }: IndicatorPane): Float64Array[] {
    return lines.map(({ column }) => this.on.rows.byMinute(column));
  }
}
