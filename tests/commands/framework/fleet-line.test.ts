import * as assert from 'uvu/assert';
import { formatClosingLine, toSymbolArguments } from '../../../src/commands/framework/fleet.js';
import { Flags } from '../../../src/commands/framework/options/flags.js';
import { joinMessages } from '../../../src/commands/framework/symbol-messages.js';
import { Failure } from '../../../src/core/failure.js';
import { displayWidth } from '../../../src/terminal/text.js';
import { group } from '../../harness/group.js';

const SYMBOLS = Array.from({ length: 20 }, (_, i) => `COIN${i}USDT`);
type Outcome = { symbol: string; summary?: { state: boolean | 'retired' | 'halted' }; failure?: Failure };
const GOAL = { word: 'ready', isReached: ({ state }: { state: boolean | 'retired' | 'halted' }) => state };
const VIEW = { seconds: 12.34, columns: undefined };

group('the last line of a command over several symbols', (test) => {
  const outcomes = SYMBOLS.map((symbol): Outcome => ({ symbol, summary: { state: true } }));

  test('counts those that reached it, and names the others', () => {
    assert.equal(formatClosingLine(outcomes, GOAL, VIEW), ['20 of 20 ready, 12.3 s']);
    const some = outcomes.map((outcome, i) => (i < 2 ? { ...outcome, summary: { state: false } } : outcome));
    assert.equal(formatClosingLine(some, GOAL, VIEW), ['18 of 20 ready, 2 not: COIN0USDT COIN1USDT, 12.3 s']);
  });

  test('counts failures apart, and neither retired nor halted symbols', () => {
    const mixed = outcomes.map((outcome, i): Outcome => {
      if (i === 0) return { symbol: outcome.symbol, failure: new Failure('failed', 'x') };
      return { symbol: outcome.symbol, summary: { state: i === 1 ? 'retired' : i === 2 ? 'halted' : true } };
    });
    assert.equal(formatClosingLine(mixed, GOAL, VIEW), [
      '17 of 18 ready, 1 failed: COIN0USDT, 1 halted, 1 retired, 12.3 s',
    ]);
  });

  test('may name those that reached it instead', () => {
    const due = outcomes.map((outcome, i) => ({ ...outcome, summary: { state: i < 2 } }));
    assert.equal(formatClosingLine(due, { ...GOAL, word: 'due', namesReached: true }, VIEW), [
      '2 of 20 due: COIN0USDT COIN1USDT, 12.3 s',
    ]);
  });

  test('names fewer symbols where the terminal is narrow', () => {
    const none = outcomes.map((outcome) => ({ ...outcome, summary: { state: false } }));
    const [line] = formatClosingLine(none, GOAL, { seconds: 1, columns: 60 });
    assert.ok(displayWidth(line!) <= 60, line);
    assert.match(line!, /^0 of 20 ready, 20 not: COIN0USDT.* and \d+ more, 1\.0 s$/);
  });

  test('is not said of one symbol', () => {
    assert.equal(formatClosingLine(outcomes.slice(0, 1), GOAL, VIEW), []);
  });
});

group('symbols in a command that is printed', (test) => {
  test('are at most five names, else the file of the call, else all', () => {
    const none = new Flags({}, '/');
    assert.is(toSymbolArguments(SYMBOLS.slice(0, 5), none), SYMBOLS.slice(0, 5).join(' '));
    assert.is(toSymbolArguments(SYMBOLS, none), '--all');
    assert.is(toSymbolArguments(SYMBOLS, new Flags({ symbolsFile: 'a b.txt' }, '/')), "--symbols-file 'a b.txt'");
    assert.is(toSymbolArguments(SYMBOLS, new Flags({ symbolsFile: '-' }, '/')), '--all');
  });
});

group('messages about symbols', (test) => {
  test('that differ in the symbol only are one, with a count, and the names are sorted', () => {
    const messages = [...SYMBOLS]
      .reverse()
      .map((symbol) => `${symbol}: Binance answered 503; took 12:00 of ${symbol} from okx`);
    const names = 'COIN0USDT COIN10USDT COIN11USDT COIN12USDT COIN13USDT and 15 more';
    assert.equal(joinMessages(messages), [`${names}: Binance answered 503; took 12:00 of ${names} from okx`]);
  });

  test('a symbol that is a part of another word is not replaced, and a count is no symbol', () => {
    const messages = ['BTC: did you mean BTCUSDT?', 'ETH: did you mean ETHUSDT?'];
    assert.equal(joinMessages(messages), messages);
    const counts = ['1 of 3 minutes were left out', '2 of 3 minutes were left out'];
    assert.equal(joinMessages(counts), counts);
  });

  test('that differ are shown up to five, and counted; all with --verbose', () => {
    const messages = SYMBOLS.map((symbol, i) => `${symbol}: reason ${i}`);
    assert.equal(joinMessages(messages).slice(4), ['COIN4USDT: reason 4', 'and 15 more; --verbose shows all']);
    assert.equal(joinMessages(messages, true), messages);
  });
});
