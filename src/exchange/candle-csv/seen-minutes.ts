import type { Candle } from '../../core/candle.js';
import { DAY_MS, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';

const DAY_MINUTES = DAY_MS / MINUTE_MS;
const NONE = 0;

/**
 * The minutes of which a file has candles, in any order, with 32 bits of each candle: enough to tell repeated rows from
 * rows that differ. Ten years need 21 MB.
 */
export class SeenMinutes {
  /** Rows that repeat another one. */
  duplicates = 0;
  /** The minutes with rows that differ. */
  readonly conflicting = new Set<Minute>();
  readonly #days = new Map<number, Uint32Array>();
  readonly #numbers = new Float64Array(5);
  readonly #words = new Uint32Array(this.#numbers.buffer);

  add(candle: Candle): void {
    const { openTime } = candle;
    const day = Math.floor(openTime / DAY_MS);
    let minutes = this.#days.get(day);
    if (!minutes) this.#days.set(day, (minutes = new Uint32Array(DAY_MINUTES)));
    const at = (openTime - day * DAY_MS) / MINUTE_MS;
    const hash = this.#hash(candle);
    if (minutes[at] === NONE) minutes[at] = hash;
    else if (minutes[at] === hash) this.duplicates += 1;
    else this.conflicting.add(openTime);
  }

  /** The minutes with a candle, without some of them, ordered. */
  toRanges(excluded: ReadonlySet<Minute>): MinuteRange[] {
    const ranges: MinuteRange[] = [];
    for (const day of [...this.#days.keys()].sort((a, b) => a - b)) {
      const minutes = this.#days.get(day)!;
      for (let at = 0; at < DAY_MINUTES; at += 1) {
        const minute = day * DAY_MS + at * MINUTE_MS;
        if (minutes[at] === NONE || excluded.has(minute)) continue;
        const last = ranges.at(-1);
        if (last?.to === minute) last.to += MINUTE_MS;
        else ranges.push({ from: minute, to: minute + MINUTE_MS });
      }
    }
    return ranges;
  }

  /** FNV-1a over the words of the five numbers; never `NONE`. */
  #hash({ open, high, low, close, volume }: Candle): number {
    const numbers = this.#numbers;
    numbers[0] = open;
    numbers[1] = high;
    numbers[2] = low;
    numbers[3] = close;
    numbers[4] = volume;
    let hash = 0x811c9dc5;
    for (let i = 0; i < this.#words.length; i += 1) {
      hash = Math.imul(hash ^ this.#words[i]!, 0x01000193);
      hash ^= hash >>> 15; // the last word would otherwise change the low bits only
    }
    return hash >>> 0 || 1;
  }
}
