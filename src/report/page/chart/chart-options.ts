import { CrosshairMode, type ChartOptions, type DeepPartial, type PriceFormat, type Time } from 'lightweight-charts';
import { formatTime } from '../../format-figures.js';
import type { PayloadColumn } from '../../payload/chart-payload.js';
import type { PageRows } from '../page-rows.js';
import type { Palette } from '../palette.js';

/** The appearance and behaviour of every chart of the page. */
export function chartOptions(palette: Palette): DeepPartial<ChartOptions> {
  const { surface, text, line, grid, muted } = palette;
  return {
    autoSize: true,
    layout: {
      background: { color: surface },
      textColor: text,
      fontFamily: 'system-ui, sans-serif',
      fontSize: 12,
      attributionLogo: false, // the notice and the link are at the foot of the page
      panes: { separatorColor: line, separatorHoverColor: grid, enableResize: true },
    },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: muted, labelBackgroundColor: muted },
      horzLine: { color: muted, labelBackgroundColor: muted },
    },
    rightPriceScale: { borderColor: line, minimumWidth: 76 },
    timeScale: {
      borderColor: line,
      timeVisible: true,
      secondsVisible: false,
      rightOffset: 0,
      minBarSpacing: 0.001, // a month must fit
      enableConflation: true,
      lockVisibleTimeRangeOnResize: true,
    },
    localization: { locale: 'en-GB', timeFormatter: (time: Time) => `${formatTime(Number(time) * 1000)} UTC` },
    handleScroll: { vertTouchDrag: false }, // vertical touch movement scrolls the page
  };
}

/** Numbers on the axis, with as many decimals as the column's own. */
export function priceFormatOf(rows: PageRows, name: PayloadColumn): PriceFormat {
  const precision = Math.min(10, rows.decimalsOf(name) ?? 8);
  return { type: 'price', precision, minMove: 10 ** -precision };
}
