import { Failure, throwIfStopped } from '../../core/failure.js';
import { type Halt, REMOVED_STATE } from '../../core/halt.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { callBinance } from '../fetch/binance-requests.js';
import type { JobContext } from '../job.js';

/** Symbols in one request: their names are a part of its address. */
const MAX_SYMBOLS = 50;
/** A state is only asked of a Binance that answers; a late one leaves the symbol to the fallback exchanges. */
const STATE_DEADLINE_MS = 3_000;

/**
 * Binance's states of the symbols of one ingest. They are requested when the first symbol needs its own: 50 symbols cost
 * as much as one, ten times as much as candles.
 */
export class SymbolStates {
  readonly #context: JobContext;
  readonly #symbols: readonly string[];
  readonly #newest: Minute;
  readonly #requests = new Map<number, Promise<ReadonlyMap<string, string> | null>>();

  /** @param newest the newest closed minute */
  constructor(context: JobContext, symbols: readonly string[], newest: Minute) {
    this.#context = context;
    this.#symbols = symbols;
    this.#newest = newest;
  }

  /**
   * The halt for which Binance does not have a minute of a symbol; null when Binance trades the symbol or traded it after
   * that minute, or when its state is unknown because the request failed.
   */
  async findHalt(symbol: string, minute: Minute): Promise<Halt | null> {
    try {
      const state = await this.#findState(symbol);
      if (state === 'TRADING') return null;
      const last = await this.#findLastMinute(symbol);
      if (last !== null && last >= minute) return null;
      return { state, since: last === null ? null : last + MINUTE_MS };
    } catch (error) {
      throwIfStopped(this.#context.signal);
      if (!(error instanceof Failure)) throw error;
      return null;
    }
  }

  async #findState(symbol: string): Promise<string> {
    const chunk = Math.floor(this.#symbols.indexOf(symbol) / MAX_SYMBOLS);
    const request = this.#requests.get(chunk) ?? this.#requestChunk(chunk);
    this.#requests.set(chunk, request);
    return (await request)?.get(symbol) ?? this.#requestOne(symbol);
  }

  /** The states of some symbols; null when Binance does not know one of them and so refuses all. */
  async #requestChunk(chunk: number): Promise<ReadonlyMap<string, string> | null> {
    const symbols = this.#symbols.slice(chunk * MAX_SYMBOLS, (chunk + 1) * MAX_SYMBOLS);
    const { market, signal } = this.#context;
    try {
      const limits = { signal, deadlineMs: STATE_DEADLINE_MS };
      return await callBinance(this.#context, () => market.getSymbolStates(symbols, limits));
    } catch (error) {
      if (error instanceof Failure && error.code === 'UNKNOWN_SYMBOL') return null;
      throw error;
    }
  }

  async #requestOne(symbol: string): Promise<string> {
    const { market, signal } = this.#context;
    const limits = { signal, deadlineMs: STATE_DEADLINE_MS };
    try {
      return await callBinance(this.#context, () => market.getSymbolStatus(symbol, limits));
    } catch (error) {
      // candles of some symbols are still served after they were removed
      if (error instanceof Failure && error.code === 'UNKNOWN_SYMBOL') return REMOVED_STATE;
      throw error;
    }
  }

  #findLastMinute(symbol: string): Promise<Minute | null> {
    const { market, signal } = this.#context;
    const limits = { signal, deadlineMs: STATE_DEADLINE_MS };
    return callBinance(this.#context, () => market.findLastMinute(symbol, this.#newest + MINUTE_MS, limits));
  }
}
