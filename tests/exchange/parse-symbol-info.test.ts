import * as assert from 'uvu/assert';
import { parseSymbolInfo } from '../../src/exchange/parse-symbol-info.js';
import { group } from '../harness/group.js';

function info(limit: unknown): unknown {
  return {
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'DAY', intervalNum: 1, limit: 1 },
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit },
    ],
    symbols: [{ symbol: 'BTCUSDT', status: 'TRADING' }],
  };
}

group('parseSymbolInfo', (test) => {
  test('the weight of a minute is taken over as it is told', () => {
    for (const limit of [20, 1200, 6000, 600_000]) {
      assert.equal(parseSymbolInfo(info(limit), 'BTCUSDT'), { status: 'TRADING', weightLimit: limit });
    }
  });

  test('a limit that would stop everything, or nothing, is none', () => {
    for (const limit of [1e300, 600_001, 1, 0.001, 0, -6000, NaN, '6000', null, [6000]]) {
      assert.is(parseSymbolInfo(info(limit), 'BTCUSDT').weightLimit, undefined, String(limit));
    }
  });
});
