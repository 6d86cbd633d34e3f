import { MINUTE_MS } from '../core/minute.js';
import { countMinutes, type MinuteRange } from '../core/range.js';
import type { Transaction } from '../database/store.js';
import { WARM_UP } from '../indicators/indicator.js';
import { assessReadiness, READY, type Readiness } from '../quality/assess-readiness.js';
import { findFlagRules } from '../tables/flags.js';
import { findGapsIn } from '../tables/gaps.js';
import { findInvalidRows, findMissing } from '../tables/rolling-chart-data/coverage.js';

/**
 * Assesses the readiness of a window; rows of the warm-up before it count, too.
 *
 * @param valid the valid rows in the window
 */
export async function assessWindow(
  trx: Transaction,
  symbol: string,
  window: MinuteRange,
  valid: number,
): Promise<Readiness> {
  if (valid === countMinutes(window)) return READY;
  const withWarmUp = { from: window.from - WARM_UP * MINUTE_MS, to: window.to };
  return assessReadiness({
    window,
    missing: await findMissing(trx, symbol, withWarmUp),
    absent: await findGapsIn(trx, symbol, withWarmUp),
    invalidRows: await findInvalidRows(trx, symbol, withWarmUp, { fallback: false }),
    rules: await findFlagRules(trx, symbol, withWarmUp),
  });
}
