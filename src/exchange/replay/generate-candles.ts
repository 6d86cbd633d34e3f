import type { Candle } from '../../core/candle.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { type MinuteRange, minutesOf } from '../../core/range.js';

/** Standard deviation of a quiet market's one-minute log return; BTCUSDT has about this. */
const MINUTE_SIGMA = 0.0005;
/** A bridge spans 2^15 minutes, about 23 days. */
const BRIDGE_LEVELS = 15;
/** Channels of the noise above the bridge's levels 1 to 15. */
const CHANNEL = { anchor: 20, volatility: 21, reach: 30, volume: 32 } as const;

const KNOWN_PRICES: Readonly<Record<string, number>> = {
  BTCUSDT: 60_000,
  ETHUSDT: 3_000,
  BNBUSDT: 600,
  SOLUSDT: 150,
  XRPUSDT: 0.6,
  ADAUSDT: 0.45,
  DOGEUSDT: 0.12,
};

/**
 * Invented candles that look like a market: the same symbol and minute give the same candle in every range, so nothing
 * has to be stored.
 *
 * The logarithm of the price is a random walk, built from the outside in: anchors every 2^15 minutes, between
 * them a Brownian bridge by midpoint displacement (Lévy's construction), whose step is scaled by a slowly
 * changing volatility, so that calm and wild hours cluster. Volume is log-normal and rises with volatility.
 * Prices lie on a tick, volumes on a lot. A candle opens where the one before it closed.
 */
export function generateCandles(symbol: string, range: MinuteRange): Candle[] {
  const noise = createNoise(symbol);
  const level = KNOWN_PRICES[symbol] ?? 10 ** (-1 + 4 * noise.uniform(CHANNEL.anchor, 2 ** 31));
  const tick = 10 ** (Math.floor(Math.log10(level)) - 5);
  const priceAt = (minute: Minute) => toStep(level * Math.exp(logPriceAt(noise, minute / MINUTE_MS)), tick);
  let price = priceAt(range.from);
  return [...minutesOf(range)].map((openTime) => {
    const open = price;
    const close = (price = priceAt(openTime + MINUTE_MS));
    const [high, low] = extremesOf(noise, openTime, [open, close]).map((edge) => toStep(edge, tick));
    return {
      openTime,
      open,
      high: high!,
      low: low!,
      close,
      volume: toStep(quoteVolume(noise, openTime) / level, 1e-5),
    };
  });
}

/** The extremes of the price beyond open and close: [high, low]. */
function extremesOf(noise: Noise, openTime: Minute, ends: [number, number]): [number, number] {
  const at = openTime / MINUTE_MS;
  const scale = MINUTE_SIGMA * volatilityAt(noise, at) * 0.4;
  const wick = (channel: number) => Math.abs(noise.gauss(channel, at)) * scale;
  return [Math.max(...ends) * (1 + wick(CHANNEL.reach)), Math.min(...ends) * (1 - wick(CHANNEL.reach + 1))];
}

function quoteVolume(noise: Noise, openTime: Minute): number {
  const at = openTime / MINUTE_MS;
  return 400_000 * volatilityAt(noise, at) ** 1.5 * Math.exp(0.8 * noise.gauss(CHANNEL.volume, at));
}

/** The log price relative to the symbol's level at the start of minute number `at`. */
function logPriceAt(noise: Noise, at: number): number {
  const length = 2 ** BRIDGE_LEVELS;
  const block = Math.floor(at / length);
  let left = 0.12 * noise.gauss(CHANNEL.anchor, block);
  let right = 0.12 * noise.gauss(CHANNEL.anchor, block + 1);
  let start = block * length;
  for (let span = length, depth = 1; span > 1 && at !== start; span /= 2, depth += 1) {
    const middle = start + span / 2;
    const step = (MINUTE_SIGMA * Math.sqrt(span) * volatilityAt(noise, middle)) / 2;
    const value = (left + right) / 2 + step * noise.gauss(depth, middle);
    if (at < middle) right = value;
    else [left, start] = [value, middle];
  }
  return left;
}

/** A factor around 1 that changes over days, hours and quarters of an hour. */
function volatilityAt(noise: Noise, at: number): number {
  const waves = [1440, 240, 15].map((period, i) => {
    const index = Math.floor(at / period);
    const share = at / period - index;
    const channel = CHANNEL.volatility + i;
    return noise.gauss(channel, index) * (1 - share) + noise.gauss(channel, index + 1) * share;
  });
  return Math.exp(0.3 * waves[0]! + 0.35 * waves[1]! + 0.25 * waves[2]!);
}

/** The nearest multiple of a step that is a power of ten, without binary residue. */
function toStep(value: number, step: number): number {
  const digits = Math.max(0, -Math.round(Math.log10(step)));
  return Number((Math.max(1, Math.round(value / step)) * step).toFixed(digits));
}

/** Reproducible randomness: the same key and index always give the same number, in any order of calls. */
interface Noise {
  /** Uniform in (0, 1). */
  uniform(channel: number, index: number): number;
  /** Standard normal. */
  gauss(channel: number, index: number): number;
}

/**
 * The noise of a key, such as a symbol.
 *
 * A counter-based generator: it hashes its arguments (the finaliser of MurmurHash3), so any index is reached without
 * computing those before it.
 */
export function createNoise(key: string): Noise {
  let seed = 0x811c9dc5;
  for (const character of key) seed = Math.imul(seed ^ character.codePointAt(0)!, 0x01000193);

  const uniform = (channel: number, index: number): number => {
    const low = mix(seed ^ Math.imul(channel + 1, 0x9e3779b1) ^ mix(index | 0));
    return (mix(low ^ Math.floor(index / 2 ** 32)) + 0.5) / 2 ** 32;
  };
  const gauss = (channel: number, index: number): number => {
    const radius = Math.sqrt(-2 * Math.log(uniform(2 * channel, index)));
    return radius * Math.cos(2 * Math.PI * uniform(2 * channel + 1, index));
  };
  return { uniform, gauss };
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
