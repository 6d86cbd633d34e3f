import { groupByText, listNames, sortLargestFirst } from '../../terminal/names.js';
import { formatCount } from '../../terminal/text.js';
import { describeGap, type SymbolState } from './symbol-state.js';

/** Symbols with the most flags that are named for the rule, or for each of several. */
const [MAX_FLAGGED, MAX_FLAGGED_OF_SEVERAL] = [3, 1];

/** Rows of fallback exchanges, gaps and flags of many symbols, a line each. */
export function describeFleet(states: readonly SymbolState[], days: number): string[] {
  return [...describeFallbacks(states), ...describeGaps(states, days), ...describeFlags(states)];
}

function describeGaps(states: readonly SymbolState[], days: number): string[] {
  const groups = groupByText(
    states,
    ({ symbol }) => symbol,
    ({ summary }) => summary.gaps.map(describeGap),
  );
  const [largest] = sortLargestFirst(groups);
  if (!largest) return [];
  const count = states.reduce((sum, { summary }) => sum + summary.gaps.length, 0);
  const having = states.filter(({ summary }) => summary.gaps.length > 0).length;
  const common = `; most common: ${largest.text}, in ${listNames(largest.names, 3)}`;
  return [`gaps of ${days} days: ${formatCount(count)} in ${having} symbols${largest.names.length > 1 ? common : ''}`];
}

/** `open flags: volume_spike 1,022 in 9 symbols (BNBUSDT 122, APTUSDT 116, DOGEUSDT 112)`. */
function describeFlags(states: readonly SymbolState[]): string[] {
  const rules = new Set(states.flatMap(({ summary }) => Object.keys(summary.flags.byRule)));
  const maxFlagged = rules.size > 1 ? MAX_FLAGGED_OF_SEVERAL : MAX_FLAGGED;
  const parts = [...rules].map((rule) => {
    const having = states
      .map(({ symbol, summary }) => ({ symbol, rows: summary.flags.byRule[rule] ?? 0 }))
      .filter(({ rows }) => rows > 0)
      .sort((a, b) => b.rows - a.rows);
    const sum = having.reduce((total, { rows }) => total + rows, 0);
    const most = having.slice(0, maxFlagged).map(({ symbol, rows }) => `${symbol} ${formatCount(rows)}`);
    const place = having.length > maxFlagged ? `in ${having.length} symbols, most ` : 'in ';
    return `${rule} ${formatCount(sum)} ${place}${most.join(', ')}`;
  });
  return parts.length > 0 ? [`open flags: ${parts.join('; ')}`] : [];
}

/** `from fallback exchanges: 12 rows of the windows, in BTCUSDT ETHUSDT`. */
function describeFallbacks(states: readonly SymbolState[]): string[] {
  const having = states.filter(({ summary }) => summary.window.bySource.FALLBACK);
  const rows = having.reduce((sum, { summary }) => sum + (summary.window.bySource.FALLBACK ?? 0), 0);
  const names = listNames(having.map(({ symbol }) => symbol));
  return rows > 0 ? [`from fallback exchanges: ${formatCount(rows)} rows of the windows, in ${names}`] : [];
}
