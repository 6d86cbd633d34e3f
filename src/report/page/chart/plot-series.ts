import {
  type DeepPartial,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type PriceFormat,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { PageRows } from '../page-rows.js';
import { findExtremes } from './chart-data.js';
import { type Drawing, Painter } from './plot.js';

/** The scale of a pane, and what draws on it. */
export interface PlotSeries {
  series: ISeriesApi<'Line'>;
  painter: Painter;
}

/** A chart and what it shows. */
export interface PlotChart {
  chart: IChartApi;
  rows: PageRows;
  drawing: Drawing;
}

interface PlotOptions {
  pane: number;
  priceFormat: DeepPartial<PriceFormat>;
  /** The columns that must be visible, by minute. */
  columns: () => readonly Float64Array[];
  /** Always visible. */
  values?: readonly number[];
}

/**
 * Adds an invisible series, which gives a pane its scale: the painter draws everything.
 *
 * The series of the chart library connect what is on both sides of a minute without a number, and merge minutes when
 * there are many.
 */
export function addPlotSeries(
  { chart, rows, drawing }: PlotChart,
  { pane, priceFormat, columns, values = [] }: PlotOptions,
): PlotSeries {
  const findRange = () => {
    const visible = chart.timeScale().getVisibleLogicalRange();
    if (!visible) return null;
    const found = findExtremes(columns(), Math.floor(visible.from), Math.ceil(visible.to));
    if (!found) return null;
    return {
      priceRange: { minValue: Math.min(found.minValue, ...values), maxValue: Math.max(found.maxValue, ...values) },
    };
  };
  const series = chart.addSeries(
    LineSeries,
    {
      priceFormat,
      lineVisible: false,
      pointMarkersVisible: false,
      crosshairMarkerVisible: false,
      priceLineVisible: false,
      lastValueVisible: false,
      autoscaleInfoProvider: findRange,
    },
    pane,
  );
  const painter = new Painter(rows.minutes, drawing);
  series.attachPrimitive(painter);
  const last = rows.minutes - 1;
  // the library converts prices only where a series has a point at or after the first visible minute
  const point = { time: rows.secondsAt(last) as UTCTimestamp, value: 0 };
  const others =
    pane > 0 ? [] : Array.from({ length: last }, (_, at) => ({ time: rows.secondsAt(at) as UTCTimestamp }));
  series.setData([...others, point]);
  return { series, painter };
}
