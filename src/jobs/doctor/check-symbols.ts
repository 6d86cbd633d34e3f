import { Failure } from '../../core/failure.js';
import { describeSuggestions } from '../../core/symbol.js';
import type { ExchangeConfig, ListedSymbol } from '../../exchange/market.js';
import { openMarket } from '../../exchange/open-market.js';
import { listNames } from '../../terminal/names.js';
import { findNearest } from '../require-stored.js';
import { CHECK_NETWORK, describeUnusualState, SYMBOLS_CHECK } from './check-exchanges.js';
import { type CheckResult, fail, ok, toCheckResult } from './check-result.js';

/**
 * Checks in Binance's list of symbols, which is one request, whether it has and trades these. An unknown one is a failure
 * that names the nearest ones of the list.
 */
export async function checkNewSymbols(
  exchange: ExchangeConfig,
  symbols: readonly string[],
  signal?: AbortSignal,
): Promise<CheckResult[]> {
  try {
    const listed = await openMarket(exchange, { maxWaitMs: 0 }).listSymbols({ signal });
    return checkListed(symbols, listed);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [toCheckResult(SYMBOLS_CHECK, error, CHECK_NETWORK)];
  }
}

function checkListed(symbols: readonly string[], listed: readonly ListedSymbol[]): CheckResult[] {
  const states = new Map(listed.map(({ symbol, status }) => [symbol, status]));
  const problems = symbols.flatMap((symbol): CheckResult[] => {
    const state = states.get(symbol);
    if (state === 'TRADING') return [];
    return [state === undefined ? describeUnknown(symbol, [...states.keys()]) : describeUnusualState(symbol, state)];
  });
  return problems.length > 0 ? problems : [ok(SYMBOLS_CHECK, `Binance trades ${listNames(symbols)}`)];
}

function describeUnknown(symbol: string, known: readonly string[]): CheckResult {
  const nearest = findNearest(symbol, known);
  const remedy =
    nearest.length > 0
      ? `did you mean ${nearest.join(', ')}?`
      : `expected a spot symbol as Binance writes it${describeSuggestions([symbol])}; chartctl symbols lists them`;
  return fail(SYMBOLS_CHECK, `Binance does not know the symbol "${symbol}"`, remedy);
}
