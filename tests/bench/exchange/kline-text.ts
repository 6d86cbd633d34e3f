import type { Candle } from '../../../src/core/candle.js';
import { type Minute, MINUTE_MS } from '../../../src/core/minute.js';
import { toKlineArray } from '../../../src/exchange/replay/kline-array.js';

const COMMA = 1;
const BATCH = 5_000;

/** Printed klines in one buffer: a response is a slice of it. */
export class KlineText {
  readonly #from: Minute;
  readonly #text: Buffer;
  /** The offset of each kline, and the end of the last one. */
  readonly #places: Uint32Array;

  /** @param candles consecutive minutes */
  constructor(candles: readonly Candle[]) {
    this.#from = candles[0]!.openTime;
    this.#places = new Uint32Array(candles.length + 1);
    const parts: Buffer[] = [];
    let place = 0;
    for (let start = 0; start < candles.length; start += BATCH) {
      const texts = candles.slice(start, start + BATCH).map((candle) => `${JSON.stringify(toKlineArray(candle))},`);
      for (const [i, text] of texts.entries()) this.#places[start + i + 1] = place += text.length; // ASCII: one byte for each character
      parts.push(Buffer.from(texts.join(''), 'latin1'));
    }
    this.#text = Buffer.concat(parts);
  }

  /** The JSON list of the klines that open in `[from, to]`: the first `limit` of them. */
  list(from: number, to: number, limit: number): Buffer {
    const last = this.#places.length - 1;
    const begin = Math.min(last, Math.max(0, Math.ceil((from - this.#from) / MINUTE_MS)));
    const end = Math.min(last, begin + limit, Math.floor((to - this.#from) / MINUTE_MS) + 1);
    if (end <= begin) return Buffer.from('[]');
    const klines = this.#text.subarray(this.#places[begin], this.#places[end]! - COMMA);
    return Buffer.concat([Buffer.from('['), klines, Buffer.from(']')]);
  }
}
