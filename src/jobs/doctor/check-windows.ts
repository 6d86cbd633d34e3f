import { floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { isSymbol } from '../../core/symbol.js';
import type { Store } from '../../database/store.js';
import { withStatementTimeout } from '../../database/transaction.js';
import { WINDOW_MINUTES } from '../../quality/assess-readiness.js';
import { findSymbols } from '../../tables/rolling-chart-data/symbols.js';
import { summarizeWindows, type WindowSummary } from '../../tables/rolling-chart-data/window-summary.js';
import { type CheckResult, ok, warn } from './check-result.js';

const CHECK = 'windows';
/** Symbols that are named; the others are counted. */
const MAX_NAMED = 3;

/**
 * Whether the last 600 closed minutes of each symbol are there and valid.
 *
 * @param limitMs what a statement may take
 */
export async function checkWindows(
  store: Store,
  choice: readonly string[] | 'all',
  limitMs: number,
): Promise<{ finding: CheckResult; symbols: readonly string[] }> {
  const stored = choice === 'all' ? await withStatementTimeout(store.knex, limitMs, findSymbols) : choice;
  const symbols = stored.filter(isSymbol); // what else stands in a table that was there before, `--all` passes over
  if (symbols.length === 0) {
    return {
      finding: warn(CHECK, 'the database holds no symbol yet', 'chartctl backfill BTCUSDT --hours 12'),
      symbols,
    };
  }
  const to = floorMinute(Date.now());
  const states = await summarizeWindows(store, symbols, { from: to - WINDOW_MINUTES * MINUTE_MS, to }, limitMs);
  return {
    finding: toResult(
      states.filter((state) => !isReady(state, to)),
      symbols,
    ),
    symbols,
  };
}

/** Whether the window is whole but, perhaps, for the newest minute: an ingest may be writing that one just now. */
function isReady({ valid, missing, lastCandleAt }: WindowSummary, to: Minute): boolean {
  const isNewestMissing = missing === 1 && lastCandleAt === to - 2 * MINUTE_MS;
  return valid + Number(isNewestMissing) === WINDOW_MINUTES;
}

function toResult(unready: readonly WindowSummary[], symbols: readonly string[]): CheckResult {
  if (unready.length === 0) return ok(CHECK, `ready for all of ${symbols.length} symbols`);
  const named = unready
    .slice(0, MAX_NAMED)
    .map(({ symbol, valid, missing }) => `${symbol} ${valid} valid, ${missing} missing`);
  const others = unready.length > MAX_NAMED ? `, and ${unready.length - MAX_NAMED} more` : '';
  const found = `not ready for ${unready.length} of ${symbols.length} symbols: ${named.join('; ')}${others}`;
  return warn(
    CHECK,
    found,
    `chartctl status ${unready
      .slice(0, MAX_NAMED)
      .map(({ symbol }) => symbol)
      .join(' ')}`,
  );
}
