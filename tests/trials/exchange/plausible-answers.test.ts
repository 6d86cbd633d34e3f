import { type Candle, hasSameNumbers } from '../../../src/core/candle.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { toKlineArray } from '../../../src/exchange/replay/kline-array.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { verify } from '../../../src/jobs/verify/verify.js';
import type { ChartRow } from '../../../src/rows/chart-row.js';
import { databases } from '../../harness/databases.js';
import { expectSummary, jobGroup, type JobWorld } from '../../harness/job-world.js';
import { concludeTrial } from '../../harness/trial.js';
import { type Fault, fault } from '../../loopback/faults.js';

const MINUTES = 120;
const WARM_UP = 400;

/** The same minutes of another symbol: valid in every field. */
const OTHER_SYMBOL: Fault = {
  change: (klines: [number][]) => {
    const [first, last] = [klines[0]?.[0] ?? 0, klines.at(-1)?.[0] ?? 0];
    return generateCandles('SOLUSDT', { from: first, to: last + MINUTE_MS }).map(toKlineArray);
  },
};

/**
 * Faults that a response does not show: the row is stored, or the minute counts as one that the exchange does not have.
 * Both are found and repaired by later requests.
 */
jobGroup(
  'answers that are plausible and wrong',
  (test) => {
    test("another symbol's candles are found by verify, and replaced by its repair", async (world) => {
      const symbol = world.listSymbol(2 * MINUTES + WARM_UP);
      world.exchange.faults.next(OTHER_SYMBOL, { path: 'klines' });
      await backfill(world.context, { symbols: [symbol], minutes: MINUTES });
      const { counts } = await expectSummary(verify(world.context, { symbols: [symbol], minutes: MINUTES }));
      const named = counts.wrong_market + counts.revised;
      await verify(world.context, { symbols: [symbol], minutes: MINUTES + WARM_UP, repair: true, revised: true });
      const losses = await findWrongRows(world, symbol);
      if (named !== MINUTES) losses.push(`verify named ${named} of ${MINUTES} rows`);
      const fault = "valid candles of another symbol, until verify's repair";
      concludeTrial({ fault, tried: MINUTES + WARM_UP, unit: 'candles', losses });
    });

    test('after an empty answer the minutes are requested again when the hour is over', async (world) => {
      const symbol = world.listSymbol(2 * MINUTES + WARM_UP);
      await backfill(world.context, { symbols: [symbol], minutes: MINUTES });
      world.advanceMinutes(MINUTES);
      world.exchange.faults.next(fault.empty(), { path: 'klines' });
      const fooled = await expectSummary(backfill(world.context, { symbols: [symbol], minutes: MINUTES }));
      world.advanceMinutes(61);
      await backfill(world.context, { symbols: [symbol], minutes: 2 * MINUTES });
      const losses = await findWrongRows(world, symbol);
      const rows = (await world.rows(symbol)).length;
      if (fooled.absent.length === 0) losses.push('the empty answer was not believed at all');
      if (rows !== 2 * MINUTES + WARM_UP + 61) losses.push(`${rows} rows are there an hour later`);
      concludeTrial({
        fault: 'an empty answer with status 200, an hour later',
        tried: MINUTES,
        unit: 'minutes',
        losses,
      });
    });
  },
  databases().slice(-1),
);

async function findWrongRows(world: JobWorld, symbol: string): Promise<string[]> {
  const rows = await world.rows(symbol);
  const isTrue = (row: ChartRow, candle?: Candle) => candle !== undefined && hasSameNumbers(row, candle);
  const wrong = rows.filter((row) => !isTrue(row, world.binance.get(symbol, row.openTime)));
  return wrong.map((row) => `${symbol} ${new Date(row.openTime).toISOString()} is not Binance's`);
}
