import { floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { isSymbol } from '../../core/symbol.js';
import type { Store } from '../../database/store.js';
import { withStatementTimeout } from '../../database/transaction.js';
import { WINDOW_MINUTES } from '../../quality/assess-readiness.js';
import { findRetired } from '../../tables/retired-symbols.js';
import { findSymbols } from '../../tables/rolling-chart-data/symbols.js';
import { summarizeWindows, type WindowSummary } from '../../tables/rolling-chart-data/window-summary.js';
import { type CheckResult, ok, warn } from './check-result.js';

const CHECK = 'windows';
/** Symbols that are listed; the others are counted. */
const MAX_NAMED = 3;

/**
 * Checks whether the last 600 closed minutes of each symbol have a valid row.
 *
 * @param limitMs the limit for each statement
 */
export async function checkWindows(
  store: Store,
  choice: readonly string[] | 'all',
  limitMs: number,
): Promise<{ result: CheckResult; symbols: readonly string[] }> {
  const stored = choice === 'all' ? await withStatementTimeout(store.knex, limitMs, findSymbols) : choice;
  const retired = await withStatementTimeout(store.knex, limitMs, findRetired);
  // `--all` also skips invalid symbols of an adopted table
  const symbols = stored.filter((symbol) => isSymbol(symbol) && !retired.has(symbol));
  if (symbols.length === 0 && stored.some((symbol) => retired.has(symbol))) {
    return { result: ok(CHECK, 'every symbol is retired'), symbols };
  }
  if (symbols.length === 0) {
    return {
      result: warn(CHECK, 'the database has no symbol yet', 'chartctl backfill BTCUSDT --hours 12'),
      symbols,
    };
  }
  const to = floorMinute(Date.now());
  const states = await summarizeWindows(store, symbols, { from: to - WINDOW_MINUTES * MINUTE_MS, to }, limitMs);
  return {
    result: toResult(
      states.filter((state) => !isReady(state, to)),
      symbols,
    ),
    symbols,
  };
}

/** Whether the window is complete. The newest minute may be missing: an ingest may be writing it. */
function isReady({ valid, missing, lastCandleAt }: WindowSummary, to: Minute): boolean {
  const isNewestMissing = missing === 1 && lastCandleAt === to - 2 * MINUTE_MS;
  return valid + Number(isNewestMissing) === WINDOW_MINUTES;
}

function toResult(unready: readonly WindowSummary[], symbols: readonly string[]): CheckResult {
  if (unready.length === 0) return ok(CHECK, `ready for all of ${symbols.length} symbols`);
  const shown = unready.slice(0, MAX_NAMED);
  const states = shown.map(({ symbol, valid, missing }) => `${symbol} ${valid} valid, ${missing} missing`);
  const others = unready.length > shown.length ? `, and ${unready.length - shown.length} more` : '';
  const found = `not ready for ${unready.length} of ${symbols.length} symbols: ${states.join('; ')}${others}`;
  return warn(CHECK, found, `chartctl status ${shown.map(({ symbol }) => symbol).join(' ')}`);
}
