import { describeStrip, drawDayMarks, type Drawing, drawStrip, formatLegend } from '../../terminal/drawing.js';
import { formatGroup, groupByText, MAX_NAMES } from '../../terminal/names.js';
import { displayWidth, formatCount, padToWidth } from '../../terminal/text.js';
import type { View } from '../framework/command.js';
import { MIN_FLEET, toSymbolArguments } from '../framework/fleet.js';
import { formatSources } from '../framework/job-result.js';
import { formatLaterRows } from '../framework/later-rows.js';
import { describeGap, formatFlags, type SymbolState } from './symbol-state.js';

/** Hours in one line of the coverage without a screen: three days beside the longest symbol. */
const MAX_LINE_HOURS = 72;
const MAX_LINE_COLUMNS = 100;
/** Symbols of a fleet whose rows later than the clock are shown. */
const MAX_OF_FLEET = 2;
/** Gaps that are shown to people unless they ask for all. */
const MAX_GAPS_SHOWN = 20;

/**
 * The coverage of all symbols on the same time axis, so that common gaps are visible.
 *
 * @param maxBlocks of hours that do not fit on one line so many lines a symbol are drawn, the newest ones
 */
export function drawCoverage(
  states: readonly SymbolState[],
  { strip, screen }: Drawing,
  maxBlocks = Infinity,
): string[] {
  const hours = states[0]?.summary.coverage ?? [];
  const width = Math.max(...states.map(({ symbol }) => displayWidth(symbol))) + 2;
  const lineHours = screen ? fitHours(screen.columns - width) : MAX_LINE_HOURS;
  const blocks: string[][] = [];
  for (let end = hours.length; end > 0 && blocks.length < maxBlocks; end -= lineHours) {
    const part = [Math.max(0, end - lineHours), end] as const;
    const strips = states.map(
      ({ symbol, summary }) => padToWidth(symbol, width) + drawStrip(summary.coverage.slice(...part), strip),
    );
    const room = screen && screen.columns - width;
    blocks.unshift([' '.repeat(width) + drawDayMarks(hours.slice(...part), room), ...strips]);
  }
  if (blocks.length === 0) return [];
  return [
    '',
    ...formatLegend('coverage by hour (UTC)', describeStrip(strip), screen?.columns ?? MAX_LINE_COLUMNS),
    ...blocks.flat(),
  ];
}

/** Whole days if one fits, so that the lines of a strip begin at the same time of day. */
function fitHours(room: number): number {
  return room >= 24 ? Math.min(MAX_LINE_HOURS, room - (room % 24)) : Math.max(1, room);
}

/** The sources of the window's rows, the gaps and the flags, each with its symbols. */
export function describeStates(states: readonly SymbolState[], { columns, verbose }: View): string[] {
  const format = (textsOf: (state: SymbolState) => readonly string[], maxGroups = Infinity) => {
    const groups = groupByText(states, ({ symbol }) => symbol, textsOf);
    const shown = verbose ? groups : groups.slice(0, maxGroups);
    const hidden = groups.length - shown.length;
    return [
      ...shown.flatMap((group) => formatGroup(group, columns ?? MAX_LINE_COLUMNS, verbose ? Infinity : MAX_NAMES)),
      ...(hidden > 0 ? [`  and ${hidden} more; --verbose shows all`] : []),
    ];
  };
  return [
    ...section(
      'rows of the window by source',
      format(({ summary }) => [formatSources(summary.window.bySource) ?? 'no row']),
    ),
    ...section(
      'gaps',
      format(({ summary }) => summary.gaps.map(describeGap), MAX_GAPS_SHOWN),
    ),
    ...section(
      'open flags',
      format(({ summary }) => [formatFlags(summary.flags.byRule)].filter((text) => text !== null)),
    ),
  ];
}

/** `older gaps: 12 in BTCUSDT ETHUSDT: chartctl list BTCUSDT ETHUSDT`: gaps before the days that are shown. */
export function describeOlderGaps(states: readonly SymbolState[], { flags }: View): string[] {
  const having = states.filter(({ summary }) => (summary.olderGaps ?? 0) > 0);
  if (having.length === 0) return [];
  const count = having.reduce((sum, { summary }) => sum + (summary.olderGaps ?? 0), 0);
  const symbols = having.map(({ symbol }) => symbol);
  const names = symbols.length > MAX_NAMES ? `${symbols.length} symbols` : symbols.join(' ');
  return [`older gaps: ${formatCount(count)} in ${names}: chartctl list ${toSymbolArguments(symbols, flags)}`];
}

/** The rows later than the clock of each symbol, and the command that removes them. */
export function describeLaterRows(states: readonly SymbolState[], { flags, verbose }: View): string[] {
  const found = states.flatMap(({ symbol, summary }) =>
    summary.beyondClock ? [{ symbol, text: formatLaterRows(summary.beyondClock) }] : [],
  );
  if (found.length === 0) return [];
  const symbols = found.map(({ symbol }) => symbol);
  const shown = verbose ? found : found.slice(0, states.length < MIN_FLEET ? MAX_NAMES : MAX_OF_FLEET);
  const hidden = found.length - shown.length;
  return section("rows later than the exchange's clock", [
    ...shown.map(({ symbol, text }) => `  ${symbol}: ${text}; they are ignored`),
    ...(hidden > 0 ? [`  and of ${hidden} more symbols`] : []),
    `  do: chartctl clean ${toSymbolArguments(symbols, flags)} --remove-future`,
  ]);
}

/** When and why symbols were retired. */
export function describeRetired(states: readonly SymbolState[], { verbose }: View): string[] {
  const lines = states.flatMap(({ symbol, summary: { retired } }) =>
    retired
      ? [`  ${symbol} since ${retired.retiredAt.toISOString().slice(0, 10)}: ${retired.reason ?? 'no reason'}`]
      : [],
  );
  const hidden = verbose ? 0 : Math.max(0, lines.length - MAX_NAMES);
  return section('retired (chartctl unretire takes it back)', [
    ...lines.slice(0, lines.length - hidden),
    ...(hidden > 0 ? [`  and ${hidden} more; --verbose shows all`] : []),
  ]);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines] : [];
}
