import { MINUTE_MS } from '../../core/minute.js';

/** What Binance allows an address in a minute, until `exchangeInfo` says otherwise. */
export const DEFAULT_WEIGHT_LIMIT = 6000;

/** How late the estimate of the server's clock may be: a second that `date` cuts off, and the way of an answer. */
const MAX_CLOCK_LAG_MS = 5_000;

/** What an answer tells about the budget. */
export interface BudgetReport {
  /** The header `x-mbx-used-weight-1m`: all that this address has spent in the server's current minute. */
  usedWeight: number | undefined;
  /** The header `date`, epoch milliseconds. */
  serverTimeMs: number | undefined;
}

/**
 * The request weight of the server's current minute: what is spent, what is under way, and when there is room again.
 *
 * Weight is reserved before a request is sent and settled when its answer is there. A request under way counts
 * even when the minute turns meanwhile, because it may be charged to the new one. The server's clock is known
 * from `date` headers only, which are cut to the second and have travelled: the estimate is late, never early, so a
 * minute is never thought to be over before it is.
 */
export class WeightBudget {
  limit = DEFAULT_WEIGHT_LIMIT;
  readonly #now: () => number;
  #serverOffsetMs: number | undefined;
  #minute = 0;
  /** What answers told of this minute. */
  #told = 0;
  /** What was settled in this minute, whatever answers told. */
  #counted = 0;
  /** What was spent when the minute turned last, until another is believed: it may be taken back. */
  #before = 0;
  /** Settled lately without a word of the server's time: they may be of the minute that has begun there meanwhile. */
  #unheard = 0;
  #unheardAt = 0;
  #underWay = 0;
  #heldUntil = 0;

  /** @param now the local clock, epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Weight spent and under way in this minute, as far as is known. */
  get spent(): number {
    this.#turnMinute();
    return this.#used + this.#underWay;
  }

  /** An exchange that tells too little is not believed. */
  get #used(): number {
    return Math.max(this.#told, this.#counted);
  }

  /** Reserves the weight and returns 0, or returns how many milliseconds to wait before trying again. */
  reserve(weight: number): number {
    this.#turnMinute();
    if (this.#now() < this.#heldUntil) return this.#heldUntil - this.#now();
    const fits = this.#used + this.#underWay + weight <= this.limit;
    const isAlone = this.#used + this.#underWay === 0;
    if (!fits && !isAlone) return this.untilNextMinute();
    this.#underWay += weight;
    return 0;
  }

  /** The request of this weight has been answered, or has failed: Binance charges both. */
  settle(weight: number, report?: BudgetReport): void {
    this.#underWay -= weight;
    if (report?.serverTimeMs !== undefined) this.#setServerTime(report.serverTimeMs);
    this.#turnMinute();
    const isOfThisMinute = report === undefined || this.#isOfThisMinute(report);
    if (report?.serverTimeMs === undefined) this.#keepUnheard(weight);
    if (isOfThisMinute) this.#counted += weight;
    if (isOfThisMinute) this.#told = Math.max(this.#told, report?.usedWeight ?? 0);
  }

  /** Nothing more is sent for so long, whatever is left. */
  pauseFor(durationMs: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#now() + durationMs);
  }

  /** Milliseconds until the server's minute has certainly turned. */
  untilNextMinute(): number {
    return MINUTE_MS - (this.#serverNow() % MINUTE_MS);
  }

  #serverNow(): number {
    return this.#now() + (this.#serverOffsetMs ?? 0);
  }

  /** A server far behind what was believed, as when the local clock was wrong, sets the minute back; what is spent stays. */
  #setServerTime(serverTimeMs: number): void {
    const isFirst = this.#serverOffsetMs === undefined;
    this.#serverOffsetMs = serverTimeMs - this.#now();
    const minute = Math.floor(serverTimeMs / MINUTE_MS);
    if (!isFirst && minute >= this.#minute - 1) return;
    this.#minute = minute;
    this.#counted += this.#before; // the minute that began meanwhile was none
    this.#before = 0;
  }

  #turnMinute(): void {
    const minute = Math.floor(this.#serverNow() / MINUTE_MS);
    if (minute <= this.#minute) return;
    this.#before = this.#used;
    this.#minute = minute;
    this.#told = 0;
    const begun = this.#now() - (this.#serverNow() % MINUTE_MS);
    this.#counted = this.#unheardSince(begun - MAX_CLOCK_LAG_MS);
  }

  #keepUnheard(weight: number): void {
    this.#unheard = this.#unheardSince(this.#now() - MAX_CLOCK_LAG_MS) + weight;
    this.#unheardAt = this.#now();
  }

  #unheardSince(time: number): number {
    return this.#unheardAt >= time ? this.#unheard : 0;
  }

  #isOfThisMinute({ serverTimeMs }: BudgetReport): boolean {
    return serverTimeMs === undefined || Math.floor(serverTimeMs / MINUTE_MS) === this.#minute;
  }
}
