import { type Candle, isSound, type Source, type StoredCandle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';

/** The rows that the two rules which are on by themselves name: candles that cannot be, volumes above mean + 3 sigma. */
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

/** Sound candles in a row that an indicator needs before it: `WARM_UP`, as the contract says it. */
const WARM_UP = 400;

/** A row as the contract speaks of it; its indicators are the reference's business. */
export interface ModelRow extends StoredCandle {
  source: Source;
  isFlagged: boolean;
  /** Written by this tool: `written_at` is set. */
  isManaged: boolean;
  isComplete: boolean;
}

/** Why a row was flagged, and who vouched for which numbers since. */
export interface ModelFlag {
  state: 'open' | 'confirmed' | 'repaired' | 'accepted';
  /** Confirmed, and the row stays flagged because that was asked for. */
  isKept: boolean;
  /** The numbers that were vouched for. */
  numbers?: string;
}

/** What a caller asks for by name. */
export interface BackfillOptions {
  replaceFallback?: boolean;
  keepFlagged?: boolean;
}

/**
 * One symbol's rows and flags in memory, changed by the rules of the contract and by nothing else: what the real table
 * is held against. It knows no SQL, no blocks and no plans; it goes minute by minute.
 */
export class TableModel {
  rows = new Map<Minute, ModelRow>();
  /** By minute, then by rule. */
  flags = new Map<Minute, Map<string, ModelFlag>>();
  /** Minutes that Binance said it does not have: for an hour it is not asked for them again. */
  readonly absent = new Set<Minute>();

  /** Complete, sound and not flagged: such a row's candle and source never change by themselves. */
  isValid(row: ModelRow): boolean {
    return row.isComplete && isSound(row) && !row.isFlagged;
  }

  /** Whether 400 sound candles without a gap precede this sound one: then all indicators are there. */
  shouldBeComplete(minute: Minute): boolean {
    return this.#hasSound(minute) && this.#runBefore(minute, -Infinity) >= WARM_UP;
  }

  /** An exchange's word about a minute. */
  answer(candle: Candle, source: Source, { replaceFallback = false, keepFlagged = false }: BackfillOptions = {}): void {
    const row = this.rows.get(candle.openTime);
    if (!row) return this.#write(candle, source);
    // another exchange is no authority: it only stands in where there is nothing to trust
    if (source === 'FALLBACK') return isSound(row) ? undefined : this.#replace(candle, source);
    if (row.source === 'FALLBACK' && replaceFallback) return this.#replace(candle, source);
    if (this.isValid(row)) return;
    if (numbersOf(row) !== numbersOf(candle)) return this.#replace(candle, source);
    // the same numbers of a row in doubt: Binance vouches for them, and the source stays
    if (row.isFlagged) this.settle(candle.openTime, 'confirmed', keepFlagged);
    row.isManaged = true;
  }

  /** Flags a row, unless that says nothing new: the flag is open already, or somebody vouched for these numbers. */
  flag(minute: Minute, rule: string): boolean {
    const row = this.rows.get(minute)!;
    for (const [other, flag] of this.#flagsAt(minute)) {
      const isSaid = other === rule && flag.state === 'open' && row.isFlagged;
      // that an unsound candle is one remains true: only who settled just that has spoken of it
      const speaksOfIt = other === rule || rule !== 'unsound';
      const isVouchedFor = flag.state !== 'open' && speaksOfIt && flag.numbers === numbersOf(row);
      if (isSaid || isVouchedFor) return false;
    }
    this.#raise(minute, rule);
    return true;
  }

  /** A flag that somebody's SQL set counts as open, and gets a record. */
  adopt(minute: Minute): void {
    if (!this.#hasRecord(minute)) this.#raise(minute, 'external');
  }

  /** Somebody vouches for the numbers that a flagged row has now: its flags are settled, and lifted if not kept. */
  settle(minute: Minute, state: ModelFlag['state'], isKept = false): void {
    const row = this.rows.get(minute)!;
    const flags = this.#flagsAt(minute);
    if (!this.#hasRecord(minute)) flags.set('external', { state: 'open', isKept: false });
    for (const [rule, flag] of flags) {
      if (flag.state === 'open' || flag.isKept) flags.set(rule, { state, isKept, numbers: numbersOf(row) });
    }
    row.isFlagged = isKept;
  }

  /** Confirmed numbers that stay flagged on request are settled: nobody asks for them again. */
  isKeptFlagged(minute: Minute): boolean {
    const row = this.rows.get(minute)!;
    const isKept = (flag: ModelFlag) => flag.isKept && flag.numbers === numbersOf(row);
    return row.isFlagged && [...this.#flagsAt(minute).values()].some(isKept);
  }

  /**
   * The minutes of `[from, to)` that Binance is asked for, and those of the warm-up before them that the table lacks.
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
      // behind minutes that nobody has nothing is needed: no run reaches across them
      if (!this.rows.has(minute) && this.absent.has(minute)) break;
      if (minute < from && !this.#hasSound(minute) && !this.absent.has(minute)) wanted.add(minute);
    }
    return wanted;
  }

  /** What undo brings back. */
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

  /** Other numbers take the place of a row in doubt; what flagged it is repaired. */
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
