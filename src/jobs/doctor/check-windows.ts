import { floorMinute, formatMinute, MINUTE_MS } from '../../core/minute.js';
import { isSymbol } from '../../core/symbol.js';
import type { Store } from '../../database/store.js';
import { withStatementTimeout } from '../../database/transaction.js';
import { WINDOW_MINUTES } from '../../quality/window.js';
import { findRetired } from '../../tables/retired-symbols.js';
import { findLaterRows, type LaterRows } from '../../tables/rolling-chart-data/later-rows.js';
import { findSymbols } from '../../tables/rolling-chart-data/symbols.js';
import { summarizeWindows, type WindowSummary } from '../../tables/rolling-chart-data/window-summary.js';
import { type CheckResult, ok, warn } from './check-result.js';

const CHECK = 'windows';
/** Symbols that are listed; the others are counted. */
const MAX_NAMED = 3;

interface WindowsCheck {
  choice: readonly string[] | 'all';
  /** The exchange's clock. */
  nowMs: number;
  /** The limit for each statement. */
  limitMs: number;
}

/** Checks whether the last 600 closed minutes of each symbol have a valid row, and whether rows are later than the clock. */
export async function checkWindows(
  store: Store,
  { choice, nowMs, limitMs }: WindowsCheck,
): Promise<{ results: CheckResult[]; symbols: readonly string[] }> {
  const stored = choice === 'all' ? await withStatementTimeout(store.knex, limitMs, findSymbols) : choice;
  const retired = await withStatementTimeout(store.knex, limitMs, findRetired);
  // `--all` also skips invalid symbols of an adopted table
  const symbols = stored.filter((symbol) => isSymbol(symbol) && !retired.has(symbol));
  if (symbols.length === 0 && stored.some((symbol) => retired.has(symbol))) {
    return { results: [ok(CHECK, 'every symbol is retired')], symbols };
  }
  if (symbols.length === 0) {
    return {
      results: [warn(CHECK, 'the database has no symbol yet', 'chartctl backfill BTCUSDT --hours 12')],
      symbols,
    };
  }
  const to = floorMinute(nowMs);
  const states = await summarizeWindows(store, symbols, nowMs, limitMs);
  const unready = states.filter(({ valid }) => valid < WINDOW_MINUTES);
  // an ingest may store the minute that ended after the clock was read
  const later = await withStatementTimeout(store.knex, limitMs, (trx) => findLaterRows(trx, symbols, to + MINUTE_MS));
  return { results: [toResult(unready, symbols), ...describeLaterRows(later)], symbols };
}

function describeLaterRows(later: ReadonlyMap<string, LaterRows>): CheckResult[] {
  if (later.size === 0) return [];
  const found = [...later].map(([symbol, { rows, first }]) => `${symbol} ${rows}, from ${formatMinute(first)}`);
  const shown = found.slice(0, MAX_NAMED).join('; ');
  const others = found.length > MAX_NAMED ? `, and ${found.length - MAX_NAMED} more symbols` : '';
  const symbols = [...later.keys()].slice(0, MAX_NAMED).join(' ');
  return [
    warn(
      'future rows',
      `rows later than the exchange's clock: ${shown}${others}`,
      `chartctl clean ${symbols} --remove-future`,
    ),
  ];
}

function toResult(unready: readonly WindowSummary[], symbols: readonly string[]): CheckResult {
  if (unready.length === 0) return ok(CHECK, `ready for all of ${symbols.length} symbols`);
  const shown = unready.slice(0, MAX_NAMED);
  const states = shown.map(({ symbol, valid, missing }) => `${symbol} ${valid} valid, ${missing} missing`);
  const others = unready.length > shown.length ? `, and ${unready.length - shown.length} more` : '';
  const found = `not ready for ${unready.length} of ${symbols.length} symbols: ${states.join('; ')}${others}`;
  return warn(CHECK, found, `chartctl status ${shown.map(({ symbol }) => symbol).join(' ')}`);
}
