import {
  HistogramSeries,
  LineSeries,
  type IChartApi,
  type IPaneApi,
  type ISeriesApi,
  type Time,
} from 'lightweight-charts';
import { toLine } from './chart-data.js';
import { priceFormatOf } from './chart-options.js';
import { GROUPS, type IndicatorGroup, type IndicatorLine } from './indicator-groups.js';
import type { PageRows } from './page-rows.js';
import type { Palette } from './palette.js';

type DrawnSeries = ISeriesApi<'Line'> | ISeriesApi<'Histogram'>;

/** Below the candles and the volume. */
const FIRST_PANE = 2;

/** The chosen indicators on a chart: over the candles, or in panes below the volume. */
export class IndicatorPanes {
  readonly #drawn: { series: DrawnSeries; line: IndicatorLine }[] = [];

  /** @param onPane is called with each new pane */
  constructor(
    private readonly chart: IChartApi,
    private readonly rows: PageRows,
    private readonly onPane: (pane: IPaneApi<Time>) => void,
  ) {}

  /** Shows these groups and no others, always in the same order. */
  show(names: readonly string[], palette: Palette): void {
    for (const { series } of this.#drawn.splice(0)) this.chart.removeSeries(series);
    let pane = FIRST_PANE;
    for (const [name, group] of Object.entries(GROUPS)) {
      if (!names.includes(name)) continue;
      this.#add(group, group.isOverlay ? 0 : pane);
      if (group.isOverlay) continue;
      this.onPane(this.chart.panes()[pane]!);
      pane += 1;
    }
    this.paint(palette);
  }

  paint({ inks, muted }: Palette): void {
    for (const { series, line } of this.#drawn) {
      series.applyOptions({ color: inks[line.ink]! });
      for (const level of series.priceLines()) level.applyOptions({ color: muted });
    }
  }

  #add({ lines, levels }: IndicatorGroup, pane: number): void {
    for (const [place, line] of lines.entries()) {
      const series = this.#addSeries(line, pane);
      series.setData(toLine(this.rows, line.column));
      this.#drawn.push({ series, line });
      if (place > 0) continue;
      for (const price of levels)
        series.createPriceLine({ price, lineStyle: 3, lineWidth: 1, axisLabelVisible: false });
    }
  }

  #addSeries({ column, style }: IndicatorLine, pane: number): DrawnSeries {
    const shared = { priceFormat: priceFormatOf(this.rows, column), priceLineVisible: false, lastValueVisible: false };
    if (style === 'columns') return this.chart.addSeries(HistogramSeries, shared, pane);
    return this.chart.addSeries(
      LineSeries,
      { ...shared, lineWidth: 1, lineStyle: style === 'dashed' ? 2 : 0, crosshairMarkerRadius: 3 },
      pane,
    );
  }
}
