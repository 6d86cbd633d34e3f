import type { Source } from '../../core/candle.js';
import type { HourCoverage, HourTrade } from '../../core/coverage.js';
import { HOUR_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import { countMinutes, intersect, joinAdjacent, type MinuteRange, subtractRanges, toRanges } from '../../core/range.js';
import { invalidRowAt, isSoundAt, isValidAt, type RowBlock, sourceAt } from '../../rows/row-block.js';
import type { InvalidRow } from '../../rows/row-state.js';

/** What is kept of a row of the newest ones. */
interface RecentRow {
  minute: Minute;
  isValid: boolean;
  source: Source;
}

interface HourSum {
  rows: number;
  valid: number;
  close: number | null;
  /** Of its sound candles, in order. */
  volumes: number[];
}

/** What a state needs of rows, which are added in order of time. It keeps sums by hour, and single rows of the newest. */
export class PastRowFacts {
  readonly invalidRows: InvalidRow[] = [];
  readonly #recent: RecentRow[] = [];
  readonly #hours = new Map<Minute, HourSum>();
  readonly #recentFrom: Minute;
  #present: MinuteRange[] = [];

  /** @param recentFrom single rows are kept from this minute on */
  constructor(recentFrom: Minute) {
    this.#recentFrom = recentFrom;
  }

  add(rows: RowBlock): void {
    this.#present = joinAdjacent([...this.#present, ...toRanges(rows.openTime)], () => true);
    for (let at = 0; at < rows.length; at += 1) {
      const minute = rows.openTime[at]!;
      const isValid = isValidAt(rows, at);
      if (!isValid) this.invalidRows.push(invalidRowAt(rows, at));
      if (minute >= this.#recentFrom) this.#recent.push({ minute, isValid, source: sourceAt(rows, at) });
      const hour = this.#hourOf(minute);
      hour.rows += 1;
      if (isValid) hour.valid += 1;
      if (!isSoundAt(rows, at)) continue;
      hour.close = rows.close[at]!;
      hour.volumes.push(rows.volume[at]!);
    }
  }

  /** The newest minute with a row. */
  get last(): Minute | null {
    const newest = this.#present.at(-1);
    return newest ? newest.to - MINUTE_MS : null;
  }

  /** The rows in a range of the newest minutes, those of them that are valid, and all by source. */
  countIn({ from, to }: MinuteRange): {
    present: number;
    valid: number;
    bySource: Partial<Record<Source, number>>;
  } {
    const found = this.#recent.filter(({ minute }) => minute >= from && minute < to);
    const bySource: Partial<Record<Source, number>> = {};
    for (const { source } of found) bySource[source] = (bySource[source] ?? 0) + 1;
    return { present: found.length, valid: found.filter(({ isValid }) => isValid).length, bySource };
  }

  missingIn(range: MinuteRange): MinuteRange[] {
    return subtractRanges([range], this.#present);
  }

  /** The hours of a range; the last one has only the minutes within it. */
  coverage({ from, to }: MinuteRange): HourCoverage[] {
    const hours: HourCoverage[] = [];
    for (let start = from; start < to; start += HOUR_MS) {
      const { rows = 0, valid = 0 } = this.#hours.get(start) ?? {};
      hours.push({
        from: start,
        minutes: countMinutes(intersect({ from: start, to: start + HOUR_MS }, { from, to })),
        rows,
        valid,
      });
    }
    return hours;
  }

  /** The closes and volumes of hours. */
  trade(hours: readonly Minute[]): HourTrade[] {
    return hours.map((from) => {
      const { close = null, volumes = [] } = this.#hours.get(from) ?? {};
      // from the last to the first, as PostgreSQL adds those of the present: the last digits depend on it
      const volume = volumes.length === 0 ? null : volumes.reduceRight((sum, volume) => sum + volume, 0);
      return { from, close, volume };
    });
  }

  #hourOf(minute: Minute): HourSum {
    const start = Math.floor(minute / HOUR_MS) * HOUR_MS;
    const known = this.#hours.get(start);
    if (known) return known;
    const hour = { rows: 0, valid: 0, close: null, volumes: [] };
    this.#hours.set(start, hour);
    return hour;
  }
}
