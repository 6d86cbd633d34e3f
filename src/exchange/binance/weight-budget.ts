import { MINUTE_MS } from '../../core/minute.js';
import { ServerClock } from '../server-clock.js';

/** What Binance allows an address in a minute, until `exchangeInfo` says otherwise. */
export const DEFAULT_WEIGHT_LIMIT = 6000;

/** The most that the estimate of the server's clock lags: the second that `date` cuts off, and the response's latency. */
const MAX_CLOCK_LAG_MS = 5_000;

/** What a response says about the budget. */
export interface BudgetReport {
  /** The header `x-mbx-used-weight-1m`: all that this address has spent in the server's current minute. */
  usedWeight: number | undefined;
  /** The header `date`, epoch milliseconds. */
  serverTimeMs: number | undefined;
}

/**
 * The request weight of the server's current minute: spent, in flight, and when there is room again.
 *
 * Weight is reserved before a request is sent and settled when it is answered or has failed. A request in flight counts
 * even when the minute turns meanwhile, because it may be charged to the new one. The minute is that of the server's
 * clock by its `date` headers, an estimate that is late and never early: a minute never ends here before it ends there.
 */
export class WeightBudget {
  limit = DEFAULT_WEIGHT_LIMIT;
  readonly #clock: ServerClock;
  /** The server's current minute, counted from the epoch. */
  #minute = 0;
  /** The greatest spent weight that responses reported for this minute. */
  #reported = 0;
  /** Weight settled in this minute, whatever responses reported. */
  #counted = 0;
  /** Spent in the minute before, kept in case that the turn of the minute is taken back. */
  #previousMinute = 0;
  /** Settled lately by responses without a date: it may belong to a minute that has begun on the server meanwhile. */
  #undated = 0;
  #undatedAt = 0;
  #inFlight = 0;
  #pausedUntil = 0;

  constructor(clock = new ServerClock()) {
    this.#clock = clock;
  }

  /** Weight spent and in flight in this minute, as far as is known. */
  get spent(): number {
    this.#turnMinute();
    return this.#used + this.#inFlight;
  }

  /** A report of less than was settled here is ignored. */
  get #used(): number {
    return Math.max(this.#reported, this.#counted);
  }

  /** Reserves the weight and returns 0, or returns how many milliseconds to wait before the next attempt. */
  reserve(weight: number): number {
    this.#turnMinute();
    const pauseMs = this.#pausedUntil - this.#clock.localNow();
    if (pauseMs > 0) return pauseMs;
    const spent = this.#used + this.#inFlight;
    if (spent > 0 && spent + weight > this.limit) return this.untilNextMinute();
    this.#inFlight += weight;
    return 0;
  }

  /** Settles a request of this weight, answered or failed: Binance charges both. */
  settle(weight: number, report?: BudgetReport): void {
    this.#inFlight -= weight;
    if (report?.serverTimeMs !== undefined) this.#setServerTime(report.serverTimeMs);
    this.#turnMinute();
    if (report?.serverTimeMs === undefined) this.#addUndated(weight);
    if (report && !this.#isOfThisMinute(report)) return;
    this.#counted += weight;
    this.#reported = Math.max(this.#reported, report?.usedWeight ?? 0);
  }

  /** Lets nothing be reserved for so long, whatever is left. */
  pauseFor(durationMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.localNow() + durationMs);
  }

  /** Milliseconds until the server's minute has certainly turned. */
  untilNextMinute(): number {
    return MINUTE_MS - (this.#clock.nowByDateHeader % MINUTE_MS);
  }

  /** A date far behind the estimate, as when the local clock was wrong, sets the minute back; what is spent stays. */
  #setServerTime(serverTimeMs: number): void {
    const isFirst = !this.#clock.hasDate;
    this.#clock.setByDateHeader(serverTimeMs);
    const minute = Math.floor(serverTimeMs / MINUTE_MS);
    if (!isFirst && minute >= this.#minute - 1) return;
    this.#minute = minute;
    this.#counted += this.#previousMinute; // the minute had not turned
    this.#previousMinute = 0;
  }

  #turnMinute(): void {
    const minute = Math.floor(this.#clock.nowByDateHeader / MINUTE_MS);
    if (minute <= this.#minute) return;
    this.#previousMinute = this.#used;
    this.#minute = minute;
    this.#reported = 0;
    const begun = this.#clock.localNow() - (this.#clock.nowByDateHeader % MINUTE_MS);
    this.#counted = this.#undatedSince(begun - MAX_CLOCK_LAG_MS);
  }

  #addUndated(weight: number): void {
    const nowMs = this.#clock.localNow();
    this.#undated = this.#undatedSince(nowMs - MAX_CLOCK_LAG_MS) + weight;
    this.#undatedAt = nowMs;
  }

  #undatedSince(timeMs: number): number {
    return this.#undatedAt >= timeMs ? this.#undated : 0;
  }

  #isOfThisMinute({ serverTimeMs }: BudgetReport): boolean {
    return serverTimeMs === undefined || Math.floor(serverTimeMs / MINUTE_MS) === this.#minute;
  }
}
