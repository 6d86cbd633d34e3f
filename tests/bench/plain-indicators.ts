import type { IndicatorArrays } from '../../src/indicators/calculate-indicators.js';
import type { RunPrices } from '../../src/indicators/indicator.js';

const WARM_UP = 400;
const LONGEST = 60;

/**
 * The indicators written for speed alone: one pass over typed arrays, every formula in the same loop, no library, no
 * allocation but the result. The limit that `calculateColumns` is compared with.
 *
 * It is exact: windows are summed anew (a running sum would accumulate rounding errors), and longer volatilities are
 * combined from the shorter ones of earlier candles.
 */
export function plainIndicators({ high, low, close }: RunPrices): IndicatorArrays {
  const length = close.length;
  const columns = emptyColumns(length);
  const { rsi, macd, macd_signal, macd_histogram, bb_upper, bb_middle, bb_lower, stoch_k, stoch_d } = columns;
  const { volatility_1m, volatility_5m, volatility_15m, volatility_60m } = columns;
  let rise = 0;
  let fall = 0;
  let still = 0;
  let fast = 0;
  let slow = 0;
  let signal = 0;
  let highest = -Infinity;
  let lowest = Infinity;
  let highestAt = 0;
  let lowestAt = 0;
  for (let i = 0; i < length; i += 1) {
    const price = close[i]!;
    const before = i > 0 ? close[i - 1]! : price;
    const change = price - before;

    // RSI: the plain mean of the first 14 changes, then Wilder's average.
    const gain = change > 0 ? change : 0;
    const loss = change < 0 ? -change : 0;
    if (i <= 14) {
      rise += gain / 14;
      fall += loss / 14;
    } else {
      rise = (rise * 13 + gain) / 14;
      fall = (fall * 13 + loss) / 14;
    }
    still = change === 0 ? still + 1 : 0;
    const movement = rise + fall;
    rsi[i] = i < WARM_UP ? NaN : movement === 0 || still >= WARM_UP ? 0 : 100 * (rise / movement);

    // MACD: both averages begin with a plain mean at candle 25, the signal at candle 33.
    if (i <= 25) {
      if (i >= 14) fast += price / 12;
      slow += price / 26;
    } else {
      fast += (price - fast) * (2 / 13);
      slow += (price - slow) * (2 / 27);
    }
    const line = fast - slow;
    if (i >= 25) signal = i <= 33 ? signal + line / 9 : signal + (line - signal) * 0.2;
    macd[i] = i < WARM_UP ? NaN : line;
    macd_signal[i] = i < WARM_UP ? NaN : signal;
    macd_histogram[i] = i < WARM_UP ? NaN : line - signal;

    // Bollinger bands: the newest close is the origin, which leaves the squares no digits to lose.
    if (i >= 19) {
      let sum = 0;
      let squares = 0;
      for (let j = i - 19; j < i; j += 1) {
        const distance = close[j]! - price;
        sum += distance;
        squares += distance * distance;
      }
      const mean = price + sum / 20;
      const deviation = Math.sqrt((squares - (sum * sum) / 20) / 20);
      bb_upper[i] = mean + 2 * deviation;
      bb_middle[i] = mean;
      bb_lower[i] = mean - 2 * deviation;
    }

    // Stochastic: the window is searched again only when an extreme leaves it.
    if (high[i]! >= highest) {
      highest = high[i]!;
      highestAt = i;
    } else if (highestAt <= i - 14) {
      highest = -Infinity;
      for (let j = i - 13; j <= i; j += 1) {
        if (high[j]! >= highest) {
          highest = high[j]!;
          highestAt = j;
        }
      }
    }
    if (low[i]! <= lowest) {
      lowest = low[i]!;
      lowestAt = i;
    } else if (lowestAt <= i - 14) {
      lowest = Infinity;
      for (let j = i - 13; j <= i; j += 1) {
        if (low[j]! <= lowest) {
          lowest = low[j]!;
          lowestAt = j;
        }
      }
    }
    if (i >= 13) stoch_k[i] = highest === lowest ? 0 : 100 * ((price - lowest) / (highest - lowest));
    if (i >= 15) stoch_d[i] = (stoch_k[i - 2]! + stoch_k[i - 1]! + stoch_k[i]!) / 3;

    // Volatility: squared returns add up, so 15 minutes are three times 5, and 60 four times 15.
    if (i >= 1) {
      const ratio = price / before;
      const logReturn = Math.abs(ratio > 0.5 && ratio < 2 ? Math.log1p(change / before) : Math.log(ratio));
      volatility_1m[i] = logReturn;
      if (i >= 5) {
        let variance =
          logReturn ** 2 +
          volatility_1m[i - 1]! ** 2 +
          volatility_1m[i - 2]! ** 2 +
          volatility_1m[i - 3]! ** 2 +
          volatility_1m[i - 4]! ** 2;
        volatility_5m[i] = Math.sqrt(variance);
        if (i >= 15) {
          variance += volatility_5m[i - 5]! ** 2 + volatility_5m[i - 10]! ** 2;
          volatility_15m[i] = Math.sqrt(variance);
        }
        if (i >= 60) {
          variance += volatility_15m[i - 15]! ** 2 + volatility_15m[i - 30]! ** 2 + volatility_15m[i - 45]! ** 2;
          volatility_60m[i] = Math.sqrt(variance);
        }
      }
    }
  }
  return columns;
}

/** Columns in which the candles that are too early for a value have none. */
function emptyColumns(length: number): IndicatorArrays {
  const column = () => new Float64Array(length).fill(NaN, 0, LONGEST);
  return {
    rsi: column(),
    macd: column(),
    macd_signal: column(),
    macd_histogram: column(),
    bb_upper: column(),
    bb_middle: column(),
    bb_lower: column(),
    stoch_k: column(),
    stoch_d: column(),
    volatility_1m: column(),
    volatility_5m: column(),
    volatility_15m: column(),
    volatility_60m: column(),
  };
}
