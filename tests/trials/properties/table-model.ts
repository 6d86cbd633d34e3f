import { type Candle, isSound, type Source, type StoredCandle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';

/** The rows that the default rules flag: unsound candles, and volumes above mean + 3 sigma. */
export function findAbnormalRows(rows: ReadonlyMap<Minute, ModelRow>): { unsound: Minute[]; spikes: Minute[] } {
  const ordered = [...rows].sort(([a], [b]) => a - b);
  // flagged rows stay in the statistics, so that a second run changes nothing
  const volumes = ordered.flatMap(([, { volume }]) => (volume !== null && volume >= 0 ? [volume] : []));
  const mean = volumes.reduce((sum, volume) => sum + volume, 0) / volumes.length;
  const variance = volumes.reduce((sum, volume) => sum + (volume - mean) ** 2, 0) / (volumes.length - 1);
  const threshold = mean + 3 * Math.sqrt(variance);
  const minutesWhere = (isNamed: (row: ModelRow) => boolean) =>
    ordered.filter(([, row]) => isNamed(row)).map(([minute]) => minute);
  return {
    unsound: minutesWhere((row) => !isSound(row)),
    spikes: minutesWhere(({ volume }) => volume !== null && volume > threshold),
  };
}

/** The number of sound candles that complete rows have before them; written again, as a second implementation. */
const WARM_UP = 400;

/** The number of Binance's candles without which a fallback exchange's are not used. */
const MIN_REFERENCE_ROWS = 10;

/** A row of the model, without indicators. */
export interface ModelRow extends StoredCandle {
  source: Source;
  isFlagged: boolean;
  /** Whether chartctl wrote the row: `written_at` is set. */
  isManaged: boolean;
  isComplete: boolean;
}

/** A flag of a row and how it was settled. */
export interface ModelFlag {
  state: 'open' | 'confirmed' | 'repaired' | 'accepted';
  /** Whether the flag was confirmed and the row stays flagged on request. */
  isKept: boolean;
  /** The numbers of the row when the flag was settled. */
  numbers?: string;
}

/** Options of a backfill. */
export interface BackfillOptions {
  replaceFallback?: boolean;
  keepFlagged?: boolean;
}

/**
 * A second implementation of the rules for one symbol's rows and flags, in memory and minute by minute, which the table
 * is compared with.
 */
export class TableModel {
  rows = new Map<Minute, ModelRow>();
  /** By minute, then by rule. */
  flags = new Map<Minute, Map<string, ModelFlag>>();
  /** Minutes that Binance does not have: they are not requested again for an hour. */
  readonly absent = new Set<Minute>();

  /** Complete, sound and not flagged: the candle and source of such a row do not change without an option. */
  isValid(row: ModelRow): boolean {
    return row.isComplete && isSound(row) && !row.isFlagged;
  }

  /** Whether 400 sound candles without a gap precede this sound one: then all indicators are there. */
  shouldBeComplete(minute: Minute): boolean {
    return this.#hasSound(minute) && this.#runBefore(minute, -Infinity) >= WARM_UP;
  }

  /** Whether a fallback exchange, which has the same candles, can be compared with Binance's rows. */
  hasReference(): boolean {
    const isUsable = (row: ModelRow) => row.source !== 'FALLBACK' && !row.isFlagged && isSound(row) && row.volume > 0;
    return [...this.rows.values()].filter(isUsable).length >= MIN_REFERENCE_ROWS;
  }

  /** Applies an exchange's candle to a minute. */
  answer(candle: Candle, source: Source, { replaceFallback = false, keepFlagged = false }: BackfillOptions = {}): void {
    const row = this.rows.get(candle.openTime);
    if (!row) return this.#write(candle, source);
    // a fallback candle only replaces an unsound row
    if (source === 'FALLBACK') return isSound(row) ? undefined : this.#replace(candle, source);
    if (row.source === 'FALLBACK' && replaceFallback) return this.#replace(candle, source);
    if (this.isValid(row)) return;
    if (numbersOf(row) !== numbersOf(candle)) return this.#replace(candle, source);
    // Binance confirms the numbers of an invalid row: the source stays
    if (row.isFlagged) this.settle(candle.openTime, 'confirmed', keepFlagged);
    row.isManaged = true;
  }

  /** Flags a row unless the flag is already open or these numbers were settled. */
  flag(minute: Minute, rule: string): boolean {
    const row = this.rows.get(minute)!;
    for (const [other, flag] of this.#flagsAt(minute)) {
      const isSaid = other === rule && flag.state === 'open' && row.isFlagged;
      // an unsound candle stays unsound: only a settled "unsound" flag covers it
      const speaksOfIt = other === rule || rule !== 'unsound';
      const isVouchedFor = flag.state !== 'open' && speaksOfIt && flag.numbers === numbersOf(row);
      if (isSaid || isVouchedFor) return false;
    }
    this.#raise(minute, rule);
    return true;
  }

  /** Records a flag that was set by SQL as open. */
  adopt(minute: Minute): void {
    if (!this.#hasRecord(minute)) this.#raise(minute, 'external');
  }

  /** Settles the flags of a row for its current numbers, and lifts them unless they are kept. */
  settle(minute: Minute, state: ModelFlag['state'], isKept = false): void {
    const row = this.rows.get(minute)!;
    const flags = this.#flagsAt(minute);
    if (!this.#hasRecord(minute)) flags.set('external', { state: 'open', isKept: false });
    for (const [rule, flag] of flags) {
      if (flag.state === 'open' || flag.isKept) flags.set(rule, { state, isKept, numbers: numbersOf(row) });
    }
    row.isFlagged = isKept;
  }

  /** Whether a row stays flagged on request with confirmed numbers: it is not requested again. */
  isKeptFlagged(minute: Minute): boolean {
    const row = this.rows.get(minute)!;
    const isKept = (flag: ModelFlag) => flag.isKept && flag.numbers === numbersOf(row);
    return row.isFlagged && [...this.#flagsAt(minute).values()].some(isKept);
  }

  /**
   * The minutes of `[from, to)` to request, and the missing minutes of the warm-up before them.
   */
  plan(from: Minute, to: Minute, { replaceFallback = false }: BackfillOptions): Set<Minute> {
    const known = from - WARM_UP * MINUTE_MS;
    const wanted = new Set<Minute>();
    let firstInvalid: Minute | undefined;
    for (let minute = from; minute < to; minute += MINUTE_MS) {
      const row = this.rows.get(minute);
      const isWanted = (!row || this.#isSuspect(minute, known, replaceFallback)) && !this.absent.has(minute);
      if (isWanted) wanted.add(minute);
      if (isWanted || row?.isComplete === false) firstInvalid ??= minute;
    }
    if (firstInvalid === undefined) return wanted;
    const furthest = firstInvalid - WARM_UP * MINUTE_MS;
    for (let minute = firstInvalid - MINUTE_MS; minute >= furthest; minute -= MINUTE_MS) {
      // no run crosses absent minutes: nothing before them is needed
      if (!this.rows.has(minute) && this.absent.has(minute)) break;
      if (minute < from && !this.#hasSound(minute) && !this.absent.has(minute)) wanted.add(minute);
    }
    return wanted;
  }

  /** A copy, for undo. */
  copy(): Pick<TableModel, 'rows' | 'flags'> {
    return structuredClone({ rows: this.rows, flags: this.flags });
  }

  /** Flagged, unsound, incomplete although its run is long enough, or incomplete and of unknown origin. */
  #isSuspect(minute: Minute, known: Minute, replaceFallback: boolean): boolean {
    const row = this.rows.get(minute)!;
    if (!isSound(row)) return true;
    if (row.isFlagged && !this.isKeptFlagged(minute)) return true;
    if (!row.isComplete && (!row.isManaged || this.#runBefore(minute, known) >= WARM_UP)) return true;
    return replaceFallback && row.source === 'FALLBACK';
  }

  /** How many sound candles precede a minute without a gap, as far back as is known. */
  #runBefore(minute: Minute, known: Minute): number {
    let count = 0;
    for (let before = minute - MINUTE_MS; before >= known && this.#hasSound(before); before -= MINUTE_MS) count += 1;
    return count;
  }

  #hasSound(minute: Minute): boolean {
    const row = this.rows.get(minute);
    return row !== undefined && isSound(row);
  }

  #write(candle: Candle, source: Source): void {
    const isComplete = this.rows.get(candle.openTime)?.isComplete ?? false;
    this.rows.set(candle.openTime, { ...candle, source, isFlagged: false, isManaged: true, isComplete });
  }

  /** Replaces the numbers of an invalid row; its flags are settled as repaired. */
  #replace(candle: Candle, source: Source): void {
    const { isFlagged } = this.rows.get(candle.openTime)!;
    this.#write(candle, source);
    if (isFlagged) this.settle(candle.openTime, 'repaired');
  }

  #raise(minute: Minute, rule: string): void {
    this.#flagsAt(minute).set(rule, { state: 'open', isKept: false });
    this.rows.get(minute)!.isFlagged = true;
  }

  #hasRecord(minute: Minute): boolean {
    return [...this.#flagsAt(minute).values()].some(({ state, isKept }) => state === 'open' || isKept);
  }

  #flagsAt(minute: Minute): Map<string, ModelFlag> {
    const flags = this.flags.get(minute) ?? new Map<string, ModelFlag>();
    this.flags.set(minute, flags);
    return flags;
  }
}

/** The five numbers as one value. */
export function numbersOf({ open, high, low, close, volume }: StoredCandle): string {
  return [open, high, low, close, volume].join(' ');
}
