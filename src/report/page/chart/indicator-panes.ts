import {
  HistogramSeries,
  LineSeries,
  type IChartApi,
  type IPaneApi,
  type ISeriesApi,
  type Time,
} from 'lightweight-charts';
import type { IndicatorPane, PaneLine } from '../../payload/chart-payload.js';
import type { PageRows } from '../page-rows.js';
import type { Palette } from '../palette.js';
import { toColumns, toLine } from './chart-data.js';
import { priceFormatOf } from './chart-options.js';
import { PaneTitle } from './pane-primitives.js';

type DrawnSeries = ISeriesApi<'Line'> | ISeriesApi<'Histogram'>;

interface DrawnLine {
  series: DrawnSeries;
  line: PaneLine;
}

/** Below the candles and the volume. */
const FIRST_PANE = 2;

/** The chosen indicators on a chart: over the candles, or in panes below the volume. */
export class IndicatorPanes {
  readonly #drawn = new Map<string, DrawnLine[]>();
  #inks: readonly string[] = [];

  /** @param onPane is called with each new pane */
  constructor(
    private readonly chart: IChartApi,
    private readonly rows: PageRows,
    private readonly onPane: (pane: IPaneApi<Time>) => void,
  ) {}

  /** Shows exactly these indicators, always in the same order; series that are drawn already are kept. */
  show(names: readonly string[], palette: Palette): void {
    for (const [name, lines] of this.#drawn) {
      if (names.includes(name)) continue;
      for (const { series } of lines) this.chart.removeSeries(series); // the chart removes a pane with its last series
      this.#drawn.delete(name);
    }
    let paneIndex = FIRST_PANE;
    for (const pane of this.rows.payload.panes) {
      if (!names.includes(pane.name)) continue;
      if (!this.#drawn.has(pane.name)) this.#add(pane, paneIndex);
      if (!pane.isOverlay) paneIndex += 1;
    }
    this.paint(palette);
  }

  paint({ inks, muted }: Palette): void {
    this.#inks = inks;
    for (const { series, line } of [...this.#drawn.values()].flat()) {
      series.applyOptions({ color: inks[line.ink]! });
      for (const level of series.priceLines()) level.applyOptions({ color: muted });
    }
  }

  #add({ name, isOverlay, lines, levels }: IndicatorPane, paneIndex: number): void {
    const pane = isOverlay ? this.chart.panes()[0]! : this.chart.addPane();
    const drawn = lines.map((line) => ({ series: this.#addLine(line, pane.paneIndex()), line }));
    this.#drawn.set(name, drawn);
    for (const price of levels) {
      drawn[0]?.series.createPriceLine({ price, lineStyle: 3, lineWidth: 1, axisLabelVisible: false });
    }
    if (isOverlay) return;
    this.onPane(pane);
    pane.attachPrimitive(
      new PaneTitle(() => lines.map(({ title, ink }) => ({ text: title, color: this.#inks[ink]! }))),
    );
    pane.moveTo(paneIndex);
  }

  #addLine({ column, style }: PaneLine, pane: number): DrawnSeries {
    const shared = { priceFormat: priceFormatOf(this.rows, column), priceLineVisible: false, lastValueVisible: false };
    const dashes = { lineWidth: 1, lineStyle: style === 'dashed' ? 2 : 0, crosshairMarkerRadius: 3 } as const;
    if (style === 'columns') {
      const columns = this.chart.addSeries(HistogramSeries, shared, pane);
      columns.setData(toColumns(this.rows, column));
      return columns;
    }
    const series = this.chart.addSeries(LineSeries, { ...shared, ...dashes }, pane);
    series.setData(toLine(this.rows, column));
    return series;
  }
}
