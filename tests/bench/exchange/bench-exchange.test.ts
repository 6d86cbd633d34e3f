import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { group } from '../../harness/group.js';
import { NOW, pastMinutes } from '../bench-market.js';
import { startBenchExchange, type BenchExchange } from './start-bench-exchange.js';
import { walkCandles } from './walk-candles.js';

const MINUTES = 2_000;
const LIMIT = 20;

group<BenchExchange>(
  "the bench's exchange",
  (test) => {
    test('returns the closed candles of a range as Binance does', async ({ url }) => {
      const market = openMarket({ binanceUrls: [url], fallbacks: [] });
      const range = pastMinutes(5);
      const candles = await market.fetchCandles('ANYUSDT', { from: range.from, to: range.to + 2 * MINUTE_MS });
      const first = pastMinutes(MINUTES).from;
      assert.equal(candles, walkCandles(first, MINUTES).slice(-5));
    });

    test('returns the oldest first, up to the limit', async ({ url }) => {
      const { from } = pastMinutes(100);
      const answer = await fetch(`${url}/api/v3/klines?symbol=A&interval=1m&startTime=${from}&limit=3`);
      const klines = (await answer.json()) as [number, string][];
      assert.equal(
        klines.map(([openTime]) => openTime),
        [from, from + MINUTE_MS, from + 2 * MINUTE_MS],
      );
      assert.match(klines[0]![1], /^\d+\.\d{8}$/);
    });

    test('counts requests by the minutes of its clock', async (exchange) => {
      await exchange.setClock(NOW + MINUTE_MS);
      await ask(exchange, 2);
      await exchange.setClock(NOW + 2 * MINUTE_MS);
      await ask(exchange, 1);
      const { requests, klinesByMinute } = await exchange.report();
      assert.equal(requests, { '/api/v3/klines': 1 });
      assert.equal(klinesByMinute, [1]);
    });

    test('refuses requests above the weight of its minute, and reports the used weight', async (exchange) => {
      await exchange.setClock(NOW + 10 * MINUTE_MS);
      const answers = await ask(exchange, LIMIT / 2 + 1);
      assert.equal(
        answers.map(({ status }) => status),
        [...new Array<number>(LIMIT / 2).fill(200), 429],
      );
      assert.is(answers.at(-2)?.headers.get('x-mbx-used-weight-1m'), String(LIMIT));
      assert.ok(Number(answers.at(-1)?.headers.get('retry-after')) > 50);
      assert.is((await exchange.report()).refused, 1);
    });
  },
  {
    setup: () => startBenchExchange({ nowMs: NOW, minutes: MINUTES, weightLimit: LIMIT }),
    teardown: (exchange) => exchange.stop(),
  },
);

async function ask({ url }: BenchExchange, times: number): Promise<Response[]> {
  const answers: Response[] = [];
  for (let i = 0; i < times; i += 1) answers.push(await fetch(`${url}/api/v3/klines?symbol=A&limit=1&startTime=0`));
  return answers;
}
