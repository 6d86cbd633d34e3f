import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { describeSuggestions, isSymbol, MAX_SYMBOL_WIDTH, parseSymbols, suggestSymbol } from '../../src/core/symbol.js';
import { displayWidth } from '../../src/terminal/text.js';
import { group } from '../harness/group.js';

group('parseSymbols', (test) => {
  test('ASCII letters are upper-cased, repeated symbols dropped, the order is kept', () => {
    assert.equal(parseSymbols(['ethusdt', ' BTCUSDT', 'EthUsdt']), ['ETHUSDT', 'BTCUSDT']);
  });

  test('letters and digits of any script are accepted, and only ASCII is upper-cased', () => {
    const texts = ['币安人生usdt', 'ﾊﾛｰJPY', 'Биткоинusdt', 'ı٣ſßusdt', 'हिन्दीUSDT', '𝟙𝔸USDT'];
    assert.equal(parseSymbols(texts), ['币安人生USDT', 'ﾊﾛｰJPY', 'БиткоинUSDT', 'ı٣ſßUSDT', 'हिन्दीUSDT', '𝟙𝔸USDT']);
  });

  test('two spellings of one character are one symbol, stored in NFC', () => {
    assert.equal(parseSymbols(['CAFE\u0301USDT', 'CAF\u00C9USDT', 'CAFe\u0301USDT']), [
      'CAF\u00C9USDT',
      'CAF\u00E9USDT',
    ]);
    assert.not.ok(isSymbol('CAFE\u0301USDT'));
    assert.ok(isSymbol('CAF\u00C9USDT'));
  });

  test('twenty characters are counted as people count them, and none is wider than the widest column', () => {
    const longest = '币'.repeat(20);
    assert.equal(parseSymbols([longest, '𠀀'.repeat(20)]), [longest, '𠀀'.repeat(20)]);
    assert.is(displayWidth(longest), MAX_SYMBOL_WIDTH);
    assert.throws(() => parseSymbols(['币'.repeat(21)]), /was not understood/);
  });

  const others = {
    empty: '',
    'too long': 'A'.repeat(21),
    'with a slash': 'BTC/USDT',
    'with a space': 'BTC USDT',
    'with an ideographic space': '币\u3000USDT',
    'with a no-break space': 'BTC\u00A0USDT',
    'with a line feed': 'BTC\nUSDT',
    'with an escape character': 'BTC\u001B[2JUSDT',
    'with a C1 control': 'BTC\u0085USDT',
    'with a zero-width space': 'BTC\u200BUSDT',
    'with a joiner': 'BTC\u200DUSDT',
    'with an override of direction': 'BTC\u202EUSDT',
    'with a soft hyphen': 'BTC\u00ADUSDT',
    'with a variation selector': 'BTC\uFE0FUSDT',
    'with a Hangul filler': 'BTC\u3164USDT',
    'with a tag character': 'BTC\u{E0041}USDT',
    'with a byte order mark': 'BTC\uFEFFUSDT',
    'with half a surrogate pair': 'BTC\uD83DUSDT',
    'with an emoji': 'BTC🚀USDT',
    'with a currency sign': '₿USDT',
    'with a superscript': 'BTC²USDT',
    'beginning with a mark': '\u0301BTCUSDT',
  };
  for (const [what, text] of Object.entries(others)) {
    test(`a text ${what} is not a symbol`, () => {
      assert.not.ok(isSymbol(text));
      assert.throws(
        () => parseSymbols(['BTCUSDT', text]),
        (error: unknown) => error instanceof Failure && error.message.includes(JSON.stringify(text)),
      );
    });
  }
});

group('suggestSymbol', (test) => {
  const spellings = [
    'BTC/USDT',
    'btc/usdt',
    'BTC-USDT',
    'btc_usdt',
    'BTC USDT',
    'btcusdt',
    ' BTCUSDT ',
    'BINANCE:BTCUSDT',
    'Btc-Usdt',
  ];
  for (const text of spellings)
    test(`"${text}" is another spelling of BTCUSDT`, () => assert.is(suggestSymbol(text), 'BTCUSDT'));

  test('names in other scripts have other spellings too', () => {
    assert.is(suggestSymbol('币安人生/usdt'), '币安人生USDT');
    assert.is(suggestSymbol('cafe\u0301USDT'), 'CAF\u00C9USDT'.replace('\u00C9', '\u00E9'));
  });

  for (const text of [
    'BTCUSDT',
    'BTC/USDT:USDT',
    'BTC-PERP',
    'BTC-USDT-SWAP',
    'BTCUSDT_240628',
    '',
    ' ',
    '/',
    'A'.repeat(21),
    '-',
  ])
    test(`"${text}" is no other spelling of a spot pair`, () => assert.is(suggestSymbol(text), undefined));

  test('a message asks for the symbols that were probably meant, each once', () => {
    assert.is(describeSuggestions(['BTC/USDT', 'btc-usdt', 'ETH/USDT', '?']), '; did you mean BTCUSDT, ETHUSDT?');
    assert.is(describeSuggestions(['?']), '');
  });
});
