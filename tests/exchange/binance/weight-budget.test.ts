import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { DEFAULT_WEIGHT_LIMIT, WeightBudget } from '../../../src/exchange/binance/weight-budget.js';
import { ServerClock } from '../../../src/exchange/server-clock.js';
import { group } from '../../harness/group.js';

const MINUTE = Date.UTC(2025, 5, 1);

function openBudget(limit = 10, startMs = MINUTE + 20_000) {
  const clock = { nowMs: startMs };
  const budget = new WeightBudget(new ServerClock(() => clock.nowMs));
  budget.limit = limit;
  return { budget, clock };
}

group('WeightBudget', (test) => {
  test("Binance's limit of 6,000 holds until another is reported", () => {
    assert.is(new WeightBudget().limit, DEFAULT_WEIGHT_LIMIT);
    assert.is(DEFAULT_WEIGHT_LIMIT, 6000);
  });

  test('a request in flight counts before it is answered', () => {
    const { budget } = openBudget();
    for (let i = 0; i < 5; i += 1) assert.is(budget.reserve(2), 0);
    assert.is(budget.reserve(2), 40_000, 'the sixth waits for the next minute');
  });

  test("the exchange's own count wins when it is higher: others may use the address too", () => {
    const { budget } = openBudget();
    budget.reserve(2);
    budget.settle(2, { usedWeight: 9, serverTimeMs: MINUTE + 20_000 });
    assert.is(budget.spent, 9);
    assert.ok(budget.reserve(2) > 0);
  });

  test('a count that arrives late does not lower the known weight', () => {
    const { budget } = openBudget();
    budget.reserve(2);
    budget.reserve(2);
    budget.settle(2, { usedWeight: 8, serverTimeMs: MINUTE + 21_000 });
    budget.settle(2, { usedWeight: 6, serverTimeMs: MINUTE + 20_000 });
    assert.is(budget.spent, 8);
  });

  test('a request that failed without a response counts as charged', () => {
    const { budget } = openBudget();
    budget.reserve(2);
    budget.settle(2);
    assert.is(budget.spent, 2);
  });

  test('a request without an answer just before the minute turns may be charged to the next one', () => {
    const { budget, clock } = openBudget(10, MINUTE + 56_000);
    budget.reserve(2);
    budget.settle(2);
    clock.nowMs += 10_000;
    assert.is(budget.spent, 2);
    clock.nowMs += MINUTE_MS;
    assert.is(budget.spent, 0);
    budget.reserve(2);
    budget.settle(2, { usedWeight: 2, serverTimeMs: clock.nowMs });
    clock.nowMs = MINUTE + 2 * MINUTE_MS + 57_000;
    budget.reserve(2);
    budget.settle(2, { usedWeight: 2, serverTimeMs: clock.nowMs });
    clock.nowMs += 10_000;
    assert.is(budget.spent, 0, 'the minute of an answered request is known');
  });

  test("the minute is that of the server's date header, not of the local clock", () => {
    const { budget, clock } = openBudget(10, MINUTE + 50_000);
    budget.reserve(10);
    budget.settle(10, { usedWeight: 10, serverTimeMs: MINUTE + 30_000 });
    assert.is(budget.reserve(2), 30_000);
    clock.nowMs += 29_999;
    assert.is(budget.reserve(2), 1);
    clock.nowMs += 1;
    assert.is(budget.reserve(2), 0);
  });

  test('a local clock that is hours wrong does not matter', () => {
    for (const hours of [-5, 5]) {
      const { budget, clock } = openBudget(10, MINUTE + hours * 3_600_000);
      budget.reserve(10);
      budget.settle(10, { usedWeight: 10, serverTimeMs: MINUTE + 50_000 });
      assert.is(budget.reserve(2), 10_000);
      clock.nowMs += 10_000;
      assert.is(budget.reserve(2), 0);
    }
  });

  test('a request in flight when the minute turns counts in the new minute', () => {
    const { budget, clock } = openBudget();
    budget.reserve(6);
    clock.nowMs += MINUTE_MS;
    assert.is(budget.reserve(4), 0);
    assert.ok(budget.reserve(1) > 0);
  });

  test('an answer from the minute before is not charged to the new one', () => {
    const { budget, clock } = openBudget(10, MINUTE + 59_000);
    budget.reserve(4);
    budget.reserve(4);
    clock.nowMs = MINUTE + 60_500;
    budget.settle(4, { usedWeight: 4, serverTimeMs: MINUTE + 60_000 });
    budget.settle(4, { usedWeight: 9, serverTimeMs: MINUTE + 59_000 });
    assert.is(budget.spent, 4);
  });

  test('a report of less than was sent is ignored', () => {
    const { budget } = openBudget();
    for (const usedWeight of [0, -5]) {
      budget.reserve(4);
      budget.settle(4, { usedWeight, serverTimeMs: MINUTE + 20_000 });
    }
    assert.is(budget.spent, 8);
    assert.ok(budget.reserve(4) > 0);
  });

  test('a date that jumps ahead and back again frees nothing', () => {
    const { budget } = openBudget();
    budget.reserve(8);
    budget.settle(8, { usedWeight: 8, serverTimeMs: MINUTE + 20_000 });
    budget.reserve(2);
    budget.settle(2, { usedWeight: 10, serverTimeMs: MINUTE + 3_600_000 });
    budget.reserve(2);
    budget.settle(2, { usedWeight: undefined, serverTimeMs: MINUTE + 21_000 });
    assert.ok(budget.spent >= 10, `${budget.spent} was spent`);
    assert.ok(budget.reserve(2) > 0);
  });

  test('nothing is reserved during a pause', () => {
    const { budget, clock } = openBudget();
    budget.pauseFor(5_000);
    assert.is(budget.reserve(1), 5_000);
    clock.nowMs += 5_000;
    assert.is(budget.reserve(1), 0);
  });

  test('a limit below the weight of one request does not hang: it is sent alone', () => {
    const { budget } = openBudget(10);
    assert.is(budget.reserve(20), 0);
    assert.ok(budget.reserve(1) > 0);
  });
});
