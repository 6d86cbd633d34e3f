import type { HourTrade } from '../../core/coverage.js';
import {
  describeSparkline,
  drawDayMarks,
  type Drawing,
  drawSparkline,
  findExtremes,
  formatLegend,
} from '../../terminal/drawing.js';
import { formatCell } from '../../terminal/table.js';
import { displayWidth, padToWidth } from '../../terminal/text.js';
import type { SymbolState } from './symbol-state.js';

/** A drawing of fewer hours is not informative. */
const MIN_HOURS = 8;
/** Numbers are shown beside the drawing when it still has this many hours. */
const MIN_HOURS_BESIDE_EXTREMES = 60;
const SERIES = ['close', 'volume'] as const;
const LABEL_WIDTH = 'volume  '.length;

/** The closes and volumes of the last hours, two lines a symbol, for as many hours as fit on the screen. */
export function drawTrade(states: readonly SymbolState[], { spark, screen }: Drawing): string[] {
  const traded = states.filter(({ summary }) => summary.trade.some(({ close }) => close !== null));
  if (!screen || traded.length === 0) return [];
  const indent = Math.max(...traded.map(({ symbol }) => displayWidth(symbol))) + 2;
  const room = screen.columns - indent - LABEL_WIDTH;
  const ends = traded.flatMap(({ summary }) => SERIES.map((label) => formatExtremes(summary.trade, label)));
  const roomBesideNumbers = room - Math.max(...ends.map((end) => end.length));
  const hasNumbers = roomBesideNumbers >= MIN_HOURS_BESIDE_EXTREMES;
  const hours = Math.min(traded[0]!.summary.trade.length, hasNumbers ? roomBesideNumbers : room);
  if (hours < MIN_HOURS) return [];
  const drawLine = (trade: readonly HourTrade[], label: (typeof SERIES)[number]) => {
    const values = trade.map((hour) => hour[label]);
    const line = drawSparkline(values, spark, label === 'volume' ? 0 : undefined);
    return label.padEnd(LABEL_WIDTH) + line + (hasNumbers ? formatExtremes(trade, label) : '');
  };
  return [
    '',
    ...formatLegend(`close and volume of the last ${hours} hours`, describeSparkline(spark), screen.columns),
    ' '.repeat(indent + LABEL_WIDTH) + drawDayMarks(traded[0]!.summary.trade.slice(-hours), hours),
    ...traded.flatMap(({ symbol, summary }) =>
      SERIES.map(
        (label, i) => padToWidth(i === 0 ? symbol : '', indent) + drawLine(summary.trade.slice(-hours), label),
      ),
    ),
  ];
}

/** `  63,100 to 64,200`: the lowest and the highest number of a line. */
function formatExtremes(trade: readonly HourTrade[], label: (typeof SERIES)[number]): string {
  const found = findExtremes(trade.map((hour) => hour[label]));
  return found ? `  ${found.map(formatCell).join(' to ')}` : '';
}
