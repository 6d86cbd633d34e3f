// Streams a month of training rows into a format of one's own, however many there are: here lines of close and RSI.
import { once } from 'node:events';
import { stdout } from 'node:process';
import { streamTrainingRows } from 'chartctl';

const [symbol = 'BTCUSDT', from = '', to = ''] = process.argv.slice(2);
let previous: number | undefined;
for await (const { timestamp, close, rsi } of streamTrainingRows(symbol, { from, to })) {
  const change = previous === undefined ? 0 : Math.log(close / previous);
  previous = close;
  const line = `${timestamp}\t${change.toExponential(3)}\t${rsi?.toFixed(1)}\n`;
  if (!stdout.write(line)) await once(stdout, 'drain'); // rows wait for a slow reader
}
