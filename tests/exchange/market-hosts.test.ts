import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import { openMarket } from '../../src/exchange/open-market.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import { expectFailure } from '../harness/expect-failure.js';
import { group } from '../harness/group.js';
import { fault, type Fault } from '../loopback/faults.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';

const FROM = Date.UTC(2025, 5, 1);
const RANGE = { from: FROM, to: FROM + 5 * MINUTE_MS };
const options = { binance: generatedSource(['BTCUSDT']), nowMs: FROM + 600 * MINUTE_MS };

interface Two {
  first: Loopback;
  second: Loopback;
}

function reset({ first, second }: Two): string[] {
  for (const exchange of [first, second]) {
    exchange.requests.length = 0;
    exchange.faults.clear();
  }
  return [first.url, second.url];
}

group<Two>(
  'market: base URLs',
  (test) => {
    const turning: [string, Fault][] = [
      ['451', fault.restricted()],
      ['403', fault.forbidden()],
      ['a 5xx', fault.serverError()],
      ['a broken connection', fault.reset()],
      ['HTML', fault.html()],
    ];
    for (const [what, turningFault] of turning) {
      test(`${what} switches to the next base URL, which is tried first from then on`, async (two) => {
        const notices: string[] = [];
        const onNotice = (message: string) => void notices.push(message);
        const market = openMarket({ binanceUrls: reset(two), fallbacks: [] }, { onNotice });
        two.first.faults.always(turningFault);
        await market.fetchCandles('BTCUSDT', RANGE);
        await market.fetchCandles('BTCUSDT', RANGE);
        assert.equal([two.first.requests.length, two.second.requests.length], [1, 2]);
        assert.match(notices.join(), /is used from now on|is not used any more/);
        assert.not.match(notices.join(), /retrying/, 'without a pause');
      });
    }

    test('when all base URLs restrict the location, the failure is final and says what to do', async (two) => {
      const market = openMarket({ binanceUrls: reset(two), fallbacks: [] });
      for (const exchange of [two.first, two.second]) exchange.faults.always(fault.restricted());
      const failure = await expectFailure(market.fetchCandles('BTCUSDT', RANGE));
      assert.equal([failure.kind, failure.code], ['failed', 'RESTRICTED']);
      assert.match(failure.message, /does not serve this location/);
      assert.match(failure.hint ?? '', /CHARTCTL_BINANCE_URL=https:\/\/data-api\.binance\.vision/);
      await expectFailure(market.fetchCandles('BTCUSDT', RANGE));
      assert.equal([two.first.requests.length, two.second.requests.length], [1, 1], 'nothing is asked twice');
    });

    test('a blocked URL is not tried again while another one fails temporarily', async (two) => {
      const market = openMarket({ binanceUrls: reset(two), fallbacks: [] });
      two.first.faults.always(fault.restricted());
      two.second.faults.next(fault.serverError(), {}, 2);
      await market.fetchCandles('BTCUSDT', RANGE);
      assert.equal([two.first.requests.length, two.second.requests.length], [1, 3]);
    });

    test('a redirect is not followed', async (two) => {
      reset(two);
      const market = openMarket({ binanceUrls: [two.first.url], fallbacks: [] });
      two.first.faults.always(fault.redirect(`${two.second.url}/api/v3/klines`));
      const failure = await expectFailure(market.fetchCandles('BTCUSDT', RANGE));
      assert.equal([failure.kind, failure.code, two.second.requests.length], ['failed', 'REDIRECTED', 0]);
      assert.ok(failure.message.includes(two.second.url));
    });

    test('a rate limit applies to the address: the next base URL is not tried to get around it', async (two) => {
      const market = openMarket({ binanceUrls: reset(two), fallbacks: [] }, { maxWaitMs: 100 });
      two.first.faults.always(fault.tooMany(10));
      assert.is((await expectFailure(market.fetchCandles('BTCUSDT', RANGE))).code, 'RATE_LIMITED');
      assert.is(two.second.requests.length, 0);
    });
  },
  {
    setup: async () => ({ first: await startLoopback(options), second: await startLoopback(options) }),
    teardown: async ({ first, second }) => {
      await Promise.all([first.close(), second.close()]);
    },
  },
);
