import { EXIT_CODES, Failure } from '../../core/failure.js';
import { floorMinute, MINUTE_MS } from '../../core/minute.js';
import type { ExchangeClock, ExchangeConfig, Market } from '../../exchange/market.js';
import { openMarket } from '../../exchange/open-market.js';
import { type CheckResult, fail, ok, toCheckResult, warn, withinTime } from './check-result.js';

/** From this difference on, a wrong local clock is a warning. */
const MAX_SKEW_MS = 2_000;
/** For each request except the one for the time, which has a limit of 3 s. */
const DEADLINE_MS = 2_500;
/** A request for a symbol's status has a weight of 20, of 6,000 per minute. */
const MAX_SYMBOLS = 10;
/** Requested from a fallback exchange if no symbol is known. */
const ANY_SYMBOL = 'BTCUSDT';
/** The closed minutes requested from a fallback exchange; a single minute may have no trade. */
const FALLBACK_MINUTES = 5;

export const SYMBOLS_CHECK = 'symbols';
export const CHECK_NETWORK = 'check the network, a proxy or firewall, and CHARTCTL_BINANCE_URL';
const OTHER_HOST = 'CHARTCTL_BINANCE_URL=https://data-api.binance.vision serves market data everywhere';

/** Asks each host of Binance for the time. */
export function contactHosts(config: ExchangeConfig): Promise<Host[]> {
  return Promise.all(config.binanceUrls.map((url) => contactHost(url, config)));
}

/**
 * Checks whether each host of each exchange answers, the clock, and whether Binance trades the symbols.
 *
 * @param contacted the answers of Binance's hosts, of none during a ban
 */
export async function checkExchanges(
  config: ExchangeConfig,
  symbols: readonly string[],
  contacted: Promise<Host[]>,
): Promise<CheckResult[]> {
  const hosts = await contacted;
  const answering = findAnswering(hosts);
  const results = checkHosts(hosts);
  const nowMs = answering ? answering.clock.nowMs : Date.now();
  const [known, fallbacks] = await Promise.all([
    answering ? checkSymbols(answering.market, symbols) : [],
    Promise.all(
      config.fallbacks.map((fallback) =>
        checkFallback(fallback, { symbol: symbols[0] ?? ANY_SYMBOL, nowMs, proxies: config.proxies }),
      ),
    ),
  ]);
  return [...results, ...(answering ? [checkClock(answering.clock)] : []), ...known, ...fallbacks];
}

/** A host of Binance and its answer. */
export interface Host {
  host: string;
  market: Market;
  clock: ExchangeClock;
  tookMs: number;
}

async function contactHost(url: string, { proxies }: ExchangeConfig): Promise<Host> {
  const market = openMarket({ binanceUrls: [url], fallbacks: [], proxies }, { maxWaitMs: 0 });
  const began = performance.now();
  const clock = await market.readClock();
  return { host: new URL(url).host, market, clock, tookMs: Math.round(performance.now() - began) };
}

function findAnswering(hosts: readonly Host[]): Host | undefined {
  return hosts.find(({ clock }) => clock.source === 'exchange');
}

/** How long the checks of the database wait for the exchange's clock. */
const CLOCK_LIMIT_MS = 1_000;

/** The exchange's clock if a host answers soon, else the local one; in epoch milliseconds. */
export async function readNow(contacted: Promise<Host[]>): Promise<number> {
  try {
    return findAnswering(await withinTime(CLOCK_LIMIT_MS, contacted))?.clock.nowMs ?? Date.now();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return Date.now(); // the checks of the exchange name the problem
  }
}

/** If one host answers, the others are warnings only: they are alternatives. */
function checkHosts(hosts: readonly Host[]): CheckResult[] {
  const isReachable = hosts.some(({ clock }) => clock.source === 'exchange');
  return hosts.map(({ host, clock, tookMs }) => {
    const check = `Binance ${host}`;
    if (clock.source === 'exchange') return ok(check, `answers after ${tookMs} ms`);
    const problem = clock.problem ?? 'it returned no time';
    const remedy = problem.includes('(451)') ? OTHER_HOST : CHECK_NETWORK;
    return isReachable ? warn(check, problem, remedy) : fail(check, problem, remedy, EXIT_CODES.temporary);
  });
}

function checkClock({ skewMs }: ExchangeClock): CheckResult {
  const check = 'local clock';
  const offMs = Math.abs(skewMs ?? 0);
  if (offMs < MAX_SKEW_MS) return ok(check, `within ${Math.max(1, offMs)} ms of Binance's`);
  const found = `${(offMs / 1000).toFixed(1)} s ${(skewMs ?? 0) > 0 ? 'ahead of' : 'behind'} Binance's; Binance's clock is used`;
  return warn(check, found, 'synchronize this machine by NTP: timedatectl set-ntp true');
}

async function checkSymbols(market: Market, symbols: readonly string[]): Promise<CheckResult[]> {
  if (symbols.length === 0) return [];
  const checked = symbols.slice(0, MAX_SYMBOLS);
  const states = await Promise.all(checked.map(async (symbol) => ({ symbol, ...(await fetchStatus(market, symbol)) })));
  const check = SYMBOLS_CHECK;
  const unusual = states.filter(({ state }) => state !== 'TRADING');
  const count =
    checked.length < symbols.length ? `the first ${checked.length} of ${symbols.length}` : `all ${symbols.length}`;
  if (unusual.length === 0) return [ok(check, `Binance trades ${count}`)];
  return unusual.map(({ symbol, state, failure }) => {
    if (failure) return toCheckResult(check, failure, CHECK_NETWORK);
    return describeUnusualState(symbol, String(state));
  });
}

/** The result for a symbol that Binance has and does not trade now. */
export function describeUnusualState(symbol: string, state: string): CheckResult {
  return warn(
    SYMBOLS_CHECK,
    `${symbol} is in the state ${state} at Binance`,
    `wait until it trades again, or leave it out: chartctl retire ${symbol}`,
  );
}

async function fetchStatus(market: Market, symbol: string): Promise<{ state?: string; failure?: Failure }> {
  try {
    return { state: await market.getSymbolStatus(symbol, { deadlineMs: DEADLINE_MS }) };
  } catch (error) {
    if (error instanceof Failure) return { failure: error };
    throw error;
  }
}

async function checkFallback(
  fallback: ExchangeConfig['fallbacks'][number],
  { symbol, nowMs, proxies }: Pick<ExchangeConfig, 'proxies'> & { symbol: string; nowMs: number },
): Promise<CheckResult> {
  const { name, url } = fallback;
  const check = `fallback ${name}`;
  const market = openMarket({ binanceUrls: [url], fallbacks: [fallback], proxies });
  const to = floorMinute(nowMs);
  const began = performance.now();
  try {
    const range = { from: to - FALLBACK_MINUTES * MINUTE_MS, to };
    const candles = await market.fetchFallbackFrom(name, symbol, range, { deadlineMs: DEADLINE_MS });
    const answered = `answers after ${Math.round(performance.now() - began)} ms`;
    return ok(check, candles.length > 0 ? answered : `${answered}, without a candle of ${symbol}`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'REFUSED') return ok(check, `answers, but not for ${symbol}: ${error.message}`);
    return warn(check, error.message, 'check the network, or remove it from CHARTCTL_FALLBACK');
  }
}
