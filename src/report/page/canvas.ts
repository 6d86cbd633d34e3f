import type { IChartApi, IPrimitivePaneRenderer, Logical } from 'lightweight-charts';

/** What the chart hands to those who draw on it. */
export type Canvas = Parameters<IPrimitivePaneRenderer['draw']>[0];

/** Where a minute of the range, counted from its beginning, stands on the chart; in CSS pixels. */
export function xOf(chart: IChartApi, minute: number): number {
  const scale = chart.timeScale();
  const [first, next] = [scale.logicalToCoordinate(0 as Logical), scale.logicalToCoordinate(1 as Logical)];
  if (first === null || next === null) return NaN;
  return first + (next - first) * minute;
}
