import { WINDOW } from '../core/indicator-columns.js';
import { floorMinute, MINUTE_MS } from '../core/minute.js';
import { describeWindow } from '../metrics/describe-window.js';
import type { Sample } from '../metrics/sample.js';
import { findWindowStates } from '../store/window-states.js';
import type { Store } from '../store/store.js';

/**
 * The metrics of symbols' windows: how the last 600 closed minutes stand now.
 *
 * @param nowMs the exchange's clock
 */
export async function observeWindows(store: Store, symbols: readonly string[], nowMs: number): Promise<Sample[]> {
  const to = floorMinute(nowMs);
  const states = await findWindowStates(store, symbols, { from: to - WINDOW * MINUTE_MS, to });
  return states.flatMap((state) => describeWindow(state, nowMs, WINDOW));
}
