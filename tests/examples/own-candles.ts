// The 13 indicators of candles of one's own: no database, no exchange. One unbroken run, oldest first.
import { calculateIndicators, generateCandles, INDICATOR_COLUMNS, type Candle } from 'chartctl';

const from = Date.parse('2025-06-01T00:00Z');
const candles: Candle[] = generateCandles('BTCUSDT', { from, to: from + 500 * 60_000 });
const rows = calculateIndicators(candles);

const firstRsi = rows.findIndex(({ rsi }) => rsi !== null);
console.log(rows.length, INDICATOR_COLUMNS.length, firstRsi); // recursive ones begin after 400 candles
console.log(rows.at(-1)?.rsi?.toFixed(2), rows.at(-1)?.bb_middle?.toFixed(2));
