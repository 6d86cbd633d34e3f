import { drawDays } from '../cli/coverage-strip.js';
import { formatLegend, type Drawing } from '../cli/drawing.js';
import { describeSparkline, drawSparkline, extremesOf } from '../cli/sparkline.js';
import { formatCell } from '../cli/table.js';
import type { HourTrade } from '../core/hour-coverage.js';
import type { SymbolState } from './status-report.js';

/** Fewer hours than these show nothing. */
const FEWEST_HOURS = 8;
/** With as many hours as these there may be numbers beside them. */
const ENOUGH_HOURS = 60;
const LABELS = ['close', 'volume'] as const;
const LABEL_WIDTH = 'volume  '.length;

/** The closes and volumes of the last hours, two lines a symbol; as many hours as the terminal has room for. */
export function describeTrade(states: readonly SymbolState[], { spark, screen }: Drawing): string[] {
  const traded = states.filter(({ summary }) => summary.trade.some(({ close }) => close !== null));
  if (!screen || traded.length === 0) return [];
  const indent = Math.max(...traded.map(({ symbol }) => symbol.length)) + 2;
  const room = screen.columns - indent - LABEL_WIDTH;
  const ends = traded.flatMap(({ summary }) => LABELS.map((label) => formatExtremes(summary.trade, label)));
  const roomBesideNumbers = room - Math.max(...ends.map((end) => end.length));
  const hasNumbers = roomBesideNumbers >= ENOUGH_HOURS;
  const hours = Math.min(traded[0]!.summary.trade.length, hasNumbers ? roomBesideNumbers : room);
  if (hours < FEWEST_HOURS) return [];
  const drawLine = (trade: readonly HourTrade[], label: (typeof LABELS)[number]) => {
    const values = trade.map((hour) => hour[label]);
    const line = drawSparkline(values, spark, label === 'volume' ? 0 : undefined);
    return label.padEnd(LABEL_WIDTH) + line + (hasNumbers ? formatExtremes(trade, label) : '');
  };
  return [
    '',
    ...formatLegend(`close and volume of the last ${hours} hours`, describeSparkline(spark), screen.columns),
    ' '.repeat(indent + LABEL_WIDTH) + drawDays(traded[0]!.summary.trade.slice(-hours), hours),
    ...traded.flatMap(({ symbol, summary }) =>
      LABELS.map((label, i) => (i === 0 ? symbol : '').padEnd(indent) + drawLine(summary.trade.slice(-hours), label)),
    ),
  ];
}

/** `  63,100 to 64,200`: the lowest and the highest number of a line. */
function formatExtremes(trade: readonly HourTrade[], label: (typeof LABELS)[number]): string {
  const found = extremesOf(trade.map((hour) => hour[label]));
  return found ? `  ${found.map(formatCell).join(' to ')}` : '';
}
