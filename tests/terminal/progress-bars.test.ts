import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createBarProgress } from '../../src/terminal/progress-bars.js';
import { EmulatedTerminal } from '../harness/emulated-terminal.js';
import { group } from '../harness/group.js';

/** The bars are drawn ten times a second. */
const DRAWN_MS = 150;

const nameSymbols = (count: number) => Array.from({ length: count }, (_, i) => `COIN${String(i).padStart(3, '0')}USDT`);

async function openDisplay(columns = 80) {
  const terminal = new EmulatedTerminal(columns);
  const clock = { ms: 1_000_000 };
  const display = await createBarProgress(terminal, { now: () => clock.ms });
  return { terminal, clock, display };
}

/** A job of `count` symbols, each with 6,000 minutes, of which `finished` are done and one is half done. */
async function runPart(count: number, finished: number, columns = 80) {
  const opened = await openDisplay(columns);
  const { display, clock } = opened;
  const symbols = nameSymbols(count);
  display.begin(symbols);
  for (const symbol of symbols.slice(0, finished)) {
    clock.ms += 1_000;
    display.update({ symbol, done: 3_000, total: 6_000, unit: 'minutes' });
    clock.ms += 1_000;
    display.update({ symbol, done: 6_000, total: 6_000, unit: 'minutes' });
    display.finish(symbol);
  }
  for (const symbol of symbols.slice(finished, finished + 4))
    display.update({ symbol, done: 1_500, total: 6_000, unit: 'minutes' });
  await sleep(DRAWN_MS);
  return { ...opened, symbols };
}

group('bars on a terminal', (test) => {
  test('a terminal gets a bar, and messages are whole lines above it', async () => {
    const { terminal, display } = await openDisplay();
    display.update({ symbol: 'BTCUSDT', done: 1, total: 4, unit: 'minutes' });
    display.message('note: waiting\n');
    await sleep(DRAWN_MS);
    assert.is(terminal.rows[0], 'note: waiting');
    assert.match(terminal.rows[1]!, /^BTCUSDT █{5}░{15} 25 % \| 1 of 4 minutes$/);
    display.update({ symbol: 'BTCUSDT', done: 4, total: 4, unit: 'minutes' });
    display.stop();
    assert.equal(terminal.rows, ['note: waiting', 'BTCUSDT, 4 candles, 0.0 s']);
  });

  test('one symbol has its bar alone, with its rate and the time left', async () => {
    const { terminal, display, clock } = await openDisplay();
    display.begin(['BTCUSDT']);
    for (const done of [0, 10_000, 20_000, 30_000]) {
      display.update({ symbol: 'BTCUSDT', done, total: 100_000, unit: 'minutes' });
      clock.ms += 2_000;
    }
    await sleep(DRAWN_MS);
    assert.equal(terminal.rows, ['BTCUSDT ██████░░░░░░░░░░░░░░ 30 % | 30,000 of 100,000 minutes | 19 s left']);
    terminal.columns = 100;
    await sleep(DRAWN_MS);
    assert.match(terminal.rows[0]!, / 30 % \| 30,000 of 100,000 minutes \| 3,800 candles\/s \| 19 s left$/);
    display.stop();
    assert.equal(terminal.rows, ['BTCUSDT, 30,000 candles, 3,800 candles/s, 8.0 s']);
  });

  test('eight symbols have a line for the whole, and a bar each while they are processed', async () => {
    const { terminal, display } = await runPart(8, 3);
    assert.is(terminal.rows[0], '3 of 8 symbols, 50 %, 4,000 candles/s, 6 s left');
    assert.equal(
      terminal.rows.slice(1).map((row) => row.slice(0, 11)),
      ['COIN003USDT', 'COIN004USDT', 'COIN005USDT', 'COIN006USDT'],
    );
    assert.match(terminal.rows[1]!, /^COIN003USDT █{5}░{15} 25 % \| 1,500 of 6,000 minutes$/);
    display.stop();
    assert.equal(terminal.rows, ['3 of 8 symbols, 24,000 candles, 4,000 candles/s, 6.0 s']);
  });

  for (const [count, finished, line] of [
    [9, 3, '3 of 9 symbols, 44 %, 4,000 candles/s, 8 s left'],
    [200, 3, '3 of 200 symbols, 2 %, 4,000 candles/s, 5 min left'],
  ] as const) {
    test(`${count} symbols have one line, and one stays`, async () => {
      const { terminal, display, symbols, clock } = await runPart(count, finished);
      assert.equal(terminal.rows, [line]);
      display.message('warning: one\nwarning: two\n');
      for (const symbol of symbols) display.finish(symbol);
      clock.ms += 500;
      display.stop();
      display.message('note: after the end\n');
      const summary = `${count} of ${count} symbols, 24,000 candles, 3,700 candles/s, 6.5 s`;
      assert.equal(terminal.rows, ['warning: one', 'warning: two', summary, 'note: after the end']);
      await sleep(DRAWN_MS);
      assert.is(terminal.rows.length, 4, 'nothing is drawn after the end');
    });
  }

  test('every width has a line that fits: the least important parts go first', async () => {
    for (const [columns, line] of [
      [48, '3 of 9 symbols, 44 %, 4,000 candles/s, 8 s left'],
      [47, '3 of 9 symbols, 44 %, 8 s left'],
      [30, '3 of 9 symbols, 44 %'],
      [18, '3 of 9 symbols'],
      [10, '3 of 9 sy'],
    ] as const) {
      const { terminal, display } = await runPart(9, 3, columns);
      assert.equal(terminal.rows, [line]);
      display.stop();
      assert.is(terminal.rows.length, 1, terminal.rows.join('\n'));
    }
  });

  test('another width tears no line', async () => {
    const { terminal, display, clock } = await runPart(8, 3);
    for (const columns of [40, 25, 120, 33]) {
      terminal.columns = columns;
      clock.ms += 100;
      await sleep(DRAWN_MS);
      assert.is(terminal.rows.length, 5, `${columns}: ${terminal.rows.join('\n')}`);
      assert.match(terminal.rows[0]!, /^3 of 8 symbols, 50 %/);
    }
    terminal.columns = 20;
    display.stop();
    assert.equal(terminal.rows, ['3 of 8 symbols']);
  });

  test('a command that counts no units has a line once it takes longer than a second', async () => {
    const { terminal, display, clock } = await openDisplay();
    display.begin(nameSymbols(20));
    display.finish('COIN000USDT');
    assert.equal(terminal.rows, []);
    clock.ms += 1_000;
    await sleep(1_000 + DRAWN_MS);
    assert.equal(terminal.rows, ['1 of 20 symbols, 5 %']);
    display.stop();
    assert.equal(terminal.rows, ['1 of 20 symbols, 1.0 s']);
  });

  test('nothing is shown when there was nothing to do, or it was done at once', async () => {
    const { terminal, display } = await openDisplay();
    display.begin(nameSymbols(20));
    display.update({ symbol: 'COIN000USDT', done: 0, total: 0, unit: 'minutes' });
    for (const symbol of nameSymbols(20)) display.finish(symbol);
    display.message('note: read\n');
    display.stop();
    assert.equal(terminal.rows, ['note: read']);
  });

  test('rows and wide characters fit, too', async () => {
    const { terminal, display } = await openDisplay(60);
    display.begin(['币安人生USDT', 'BTCUSDT']);
    display.update({ symbol: '币安人生USDT', done: 1_000, total: 4_000, unit: 'rows' });
    display.update({ symbol: 'BTCUSDT', done: 0, total: 4_000, unit: 'rows' });
    await sleep(DRAWN_MS);
    assert.equal(terminal.rows, [
      '0 of 2 symbols, 12 %',
      '币安人生USDT █████░░░░░░░░░░░░░░░ 25 %',
      'BTCUSDT      ░░░░░░░░░░░░░░░░░░░░ 0 % | 0 of 4,000 rows',
    ]);
    display.stop();
  });
});
