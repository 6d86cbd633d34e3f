import { DEFAULTS } from '../../core/limits.js';
import type { Drawing } from '../../terminal/drawing.js';
import { foldLines } from '../../terminal/fold.js';
import type { View } from '../framework/command.js';
import { describeFleet } from './fleet.js';
import { describeUnready, describeUnreadyFleet } from './readiness.js';
import { describeLaterRows, describeOlderGaps, describeStates, drawCoverage } from './states.js';
import type { SymbolState } from './symbol-state.js';
import { drawTrade } from './trade.js';

/** The lines of the result on a terminal, unless all are asked for: a screen has 40, of which some are left for notes. */
const MAX_LINES = 37;
/** The lines of the table beside its rows, and the last line of the result. */
const TABLE_LINES = 4;
const SHORTENED = 'shortened; --verbose shows all';

/**
 * The lines below the table, of a few symbols: coverage, prices, sources, gaps, flags and readiness of each. On a
 * terminal on which they do not fit, unless a number of days is asked for, the least important ones are summed up or
 * left out, step by step.
 */
export function describeFewSymbols(states: readonly SymbolState[], drawing: Drawing, view: View): string[] {
  const whole = [
    ...drawCoverage(states, drawing),
    ...drawTrade(states, drawing),
    ...describeStates(states, view),
    ...describeOlderGaps(states, view),
    ...describeLaterRows(states, view),
    ...describeUnready(states, view),
  ];
  const room = MAX_LINES - TABLE_LINES - states.length;
  const fits = (lines: readonly string[]) => foldLines(lines, view.columns).length <= room;
  if (!view.screen || view.verbose || view.flags.isSet('--days') || fits(whole)) return whole;
  const coverage = drawCoverage(states, drawing, 1);
  const trade = drawTrade(states, drawing);
  const others = [...describeOlderGaps(states, view), ...describeLaterRows(states, view)];
  const unready = states.length > 1 ? describeUnreadyFleet(states, view) : describeUnready(states, view);
  const sums = ['', ...describeFleet(states, DEFAULTS.days)];
  const steps = [
    [...coverage, ...trade, ...describeStates(states, view), ...others, ...unready],
    [...coverage, ...trade, ...sums, ...others, ...unready],
    [...coverage, ...sums, ...others, ...unready],
  ].map((lines) => [...lines, '', SHORTENED]);
  return steps.find(fits) ?? steps.at(-1)!;
}
