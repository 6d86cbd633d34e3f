import { WINDOW } from '../../core/indicator-columns.js';
import { floorMinute, MINUTE_MS, type Minute } from '../../core/minute.js';
import { isSymbol } from '../../core/symbol.js';
import { findSymbols } from '../../store/chart-rows.js';
import type { Store } from '../../store/store.js';
import { findWindowStates, type StoredWindow } from '../../store/window-states.js';
import { withStatementLimit } from '../../store/with-statement-limit.js';
import { ok, warn, type Finding } from './finding.js';

const CHECK = 'windows';
/** Symbols that are named; the others are counted. */
const NAMED = 3;

/**
 * Whether the last 600 closed minutes of each symbol are there and valid.
 *
 * @param limitMs what a statement may take
 */
export async function examineWindows(
  store: Store,
  choice: readonly string[] | 'all',
  limitMs: number,
): Promise<{ finding: Finding; symbols: readonly string[] }> {
  const stored = choice === 'all' ? await withStatementLimit(store.knex, limitMs, findSymbols) : choice;
  const symbols = stored.filter(isSymbol); // what else stands in a table that was there before, `--all` passes over
  if (symbols.length === 0) {
    return {
      finding: warn(CHECK, 'the database holds no symbol yet', 'chartctl backfill BTCUSDT --hours 12'),
      symbols,
    };
  }
  const to = floorMinute(Date.now());
  const states = await findWindowStates(store, symbols, { from: to - WINDOW * MINUTE_MS, to }, limitMs);
  return {
    finding: judge(
      states.filter((state) => !isReady(state, to)),
      symbols,
    ),
    symbols,
  };
}

/** Whether the window is whole but, perhaps, for the newest minute: an ingest may be writing that one just now. */
function isReady({ valid, missing, lastCandleAt }: StoredWindow, to: Minute): boolean {
  const isNewestMissing = missing === 1 && lastCandleAt === to - 2 * MINUTE_MS;
  return valid + Number(isNewestMissing) === WINDOW;
}

function judge(unready: readonly StoredWindow[], symbols: readonly string[]): Finding {
  if (unready.length === 0) return ok(CHECK, `ready for all of ${symbols.length} symbols`);
  const named = unready
    .slice(0, NAMED)
    .map(({ symbol, valid, missing }) => `${symbol} ${valid} valid, ${missing} missing`);
  const others = unready.length > NAMED ? `, and ${unready.length - NAMED} more` : '';
  const found = `not ready for ${unready.length} of ${symbols.length} symbols: ${named.join('; ')}${others}`;
  return warn(
    CHECK,
    found,
    `chartctl status ${unready
      .slice(0, NAMED)
      .map(({ symbol }) => symbol)
      .join(' ')}`,
  );
}
