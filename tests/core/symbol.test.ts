import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { parseSymbols } from '../../src/core/symbol.js';
import { group } from '../harness/group.js';

group('parseSymbols', (test) => {
  test('symbols are upper-cased, repeated ones dropped, the order is kept', () => {
    assert.equal(parseSymbols(['ethusdt', ' BTCUSDT', 'EthUsdt']), ['ETHUSDT', 'BTCUSDT']);
  });

  for (const text of ['btcuſdt', 'ıcpusdt', 'ßusdt', 'BTC USDT', '', 'A'.repeat(21), 'BTC/USDT']) {
    test(`"${text}" is not a symbol, whatever its upper-case form is`, () => {
      assert.throws(
        () => parseSymbols(['BTCUSDT', text]),
        (error: unknown) => error instanceof Failure && error.message.includes(JSON.stringify(text)),
      );
    });
  }
});
