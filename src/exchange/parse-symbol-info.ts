import { expectList, expectRecord, showValue } from './expect-shape.js';
import { RequestProblem } from './request-problem.js';

/** A limit that allows less than this very question, or a hundred times what Binance ever allowed, is none. */
const LEAST_LIMIT = 20;
const MOST_LIMIT = 600_000;

export interface SymbolInfo {
  /** `TRADING`, `HALT`, `BREAK`... */
  status: string;
  /** Request weight that an address may spend in a minute; undefined where the answer does not say. */
  weightLimit: number | undefined;
}

/**
 * What an `exchangeInfo` answer says about one symbol.
 *
 * @throws RequestProblem `UNKNOWN_SYMBOL` when it is not listed, `nonsense` when the answer has another shape
 */
export function parseSymbolInfo(body: unknown, symbol: string): SymbolInfo {
  const info = expectRecord(body, "Binance's exchange information");
  const listed = expectList(info.symbols, "Binance's symbols")
    .map((entry) => expectRecord(entry, 'a symbol of Binance'))
    .find((entry) => entry.symbol === symbol);
  if (!listed) {
    throw new RequestProblem('refused', `Binance does not list "${symbol}"`, { code: 'UNKNOWN_SYMBOL' });
  }
  if (typeof listed.status !== 'string') {
    throw new RequestProblem('nonsense', `the status of ${symbol} was ${showValue(listed.status)}, expected a word`);
  }
  return { status: listed.status, weightLimit: findWeightLimit(info.rateLimits) };
}

function findWeightLimit(rateLimits: unknown): number | undefined {
  if (!Array.isArray(rateLimits)) return undefined;
  const perMinute = rateLimits
    .map((entry) => expectRecord(entry, 'a rate limit of Binance'))
    .find(
      (entry) => entry.rateLimitType === 'REQUEST_WEIGHT' && entry.interval === 'MINUTE' && entry.intervalNum === 1,
    );
  const limit = perMinute?.limit;
  return Number.isInteger(limit) && LEAST_LIMIT <= Number(limit) && Number(limit) <= MOST_LIMIT
    ? Number(limit)
    : undefined;
}
