import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { splitSymbol } from '../../../src/exchange/fallbacks/split-symbol.js';
import { group } from '../../harness/group.js';

group('splitSymbol', (test) => {
  const pairs: [string, string, string][] = [
    ['BTCUSDT', 'BTC', 'USDT'],
    ['BTCUSDC', 'BTC', 'USDC'],
    ['BTCFDUSD', 'BTC', 'FDUSD'],
    ['BTCTUSD', 'BTC', 'TUSD'],
    ['BTCUSD', 'BTC', 'USD'],
    ['ETHBTC', 'ETH', 'BTC'],
    ['USDCUSDT', 'USDC', 'USDT'],
    ['EURUSDT', 'EUR', 'USDT'],
    ['1000SATSUSDT', '1000SATS', 'USDT'],
    ['BTCEURI', 'BTC', 'EURI'],
  ];
  for (const [symbol, base, quote] of pairs) {
    test(`${symbol} is ${base} in ${quote}`, () => assert.equal(splitSymbol(symbol), { base, quote }));
  }

  for (const symbol of ['BTCXYZ', 'USDT', 'A']) {
    test(`the quote asset of ${symbol} is not guessed`, () => {
      assert.throws(
        () => splitSymbol(symbol),
        (error: unknown) =>
          error instanceof Failure && error.code === 'UNKNOWN_QUOTE' && error.message.includes(`"${symbol}"`),
      );
    });
  }
});
