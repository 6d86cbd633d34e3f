import { CrosshairMode, type ChartOptions, type DeepPartial, type PriceFormat, type Time } from 'lightweight-charts';
import { formatTime } from '../../format-figures.js';
import type { PayloadColumn } from '../../payload/chart-payload.js';
import type { PageRows } from '../page-rows.js';
import type { Palette } from '../palette.js';

/**
 * The appearance and behaviour of every chart of the page.
 *
 * @param sharpness the chart is drawn this many times as large as it is shown
 */
export function chartOptions(palette: Palette, sharpness: number): DeepPartial<ChartOptions> {
  const { surface, text, line, grid, muted } = palette;
  return {
    layout: {
      background: { color: surface },
      textColor: text,
      fontFamily: 'system-ui, sans-serif',
      fontSize: 12 * sharpness,
      attributionLogo: false, // the notice and the link are at the foot of the page
      panes: { separatorColor: line, separatorHoverColor: grid, enableResize: true },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: grid } }, // the page draws the vertical lines
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: muted, labelBackgroundColor: muted },
      horzLine: { color: muted, labelBackgroundColor: muted },
    },
    rightPriceScale: { borderColor: line, minimumWidth: 76 * sharpness, entireTextOnly: true },
    timeScale: {
      borderColor: line,
      timeVisible: true,
      secondsVisible: false,
      minBarSpacing: 0.001, // a month must fit
      tickMarkFormatter: () => '', // the page writes the labels
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
