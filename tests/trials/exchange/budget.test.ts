import fc from 'fast-check';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { type BudgetReport, WeightBudget } from '../../../src/exchange/binance/weight-budget.js';
import { ServerClock } from '../../../src/exchange/server-clock.js';
import { group } from '../../harness/group.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';

const RUNS = effort(3_000, 100_000);
const LIMIT = 40;

/** One request, its distance to the previous one, and its delays. */
interface SentRequest {
  pauseMs: number;
  weight: number;
  uplinkMs: number;
  downlinkMs: number;
  /** A lost answer has no information, one without the weight has the time only. */
  answer: 'complete' | 'lost' | 'without the weight';
}

const requests: fc.Arbitrary<SentRequest> = fc.record({
  pauseMs: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 300 }) }, fc.integer({ min: 0, max: 20_000 })),
  weight: fc.constantFrom(1, 2, 2, 5, 10),
  uplinkMs: fc.integer({ min: 0, max: 2_000 }),
  downlinkMs: fc.integer({ min: 0, max: 2_000 }),
  answer: fc.constantFrom('complete', 'complete', 'lost', 'without the weight'),
});
/** The first answer has the time: without one the minutes of the server are unknown. */
const traffic = fc.record({
  skewMs: fc.integer({ min: -90_000, max: 90_000 }),
  sent: fc.array(requests, { minLength: 5, maxLength: 150 }),
});

/** The largest weight that the server charges in one minute when the client sends as much as the budget allows. */
function findMaxMinuteWeight({ skewMs, sent }: { skewMs: number; sent: readonly SentRequest[] }): number {
  let now = Date.UTC(2025, 5, 1);
  const budget = new WeightBudget(new ServerClock(() => now));
  budget.limit = LIMIT;
  const charged = new Map<number, number>();
  const underWay: { at: number; weight: number; report: BudgetReport | undefined }[] = [];
  const goTo = (time: number) => {
    underWay.sort((a, b) => a.at - b.at);
    while (underWay.length > 0 && underWay[0]!.at <= time) {
      const { at, weight, report } = underWay.shift()!;
      now = at;
      budget.settle(weight, report);
    }
    now = time;
  };
  for (const [i, { pauseMs, weight, uplinkMs, downlinkMs, answer }] of sent.entries()) {
    goTo(now + pauseMs);
    if (budget.reserve(weight) > 0) continue;
    const arrival = now + uplinkMs + skewMs;
    const minute = Math.floor(arrival / MINUTE_MS);
    charged.set(minute, (charged.get(minute) ?? 0) + weight);
    const serverTimeMs = Math.floor(arrival / 1000) * 1000;
    const usedWeight = answer === 'complete' || i === 0 ? charged.get(minute) : undefined;
    const report = answer === 'lost' && i > 0 ? undefined : { usedWeight, serverTimeMs };
    underWay.push({ at: now + uplinkMs + downlinkMs, weight, report });
    if (i === 0) goTo(now + uplinkMs + downlinkMs);
  }
  return Math.max(0, ...charged.values());
}

group('the budget of requests', (test) => {
  test('is kept although answers are late, lost or without information', () => {
    const properties = new Properties({
      fault: 'answers late, lost or without headers: no minute above the weight limit',
      unit: 'cases',
    });
    properties.checkNow('the greatest weight of a minute', RUNS, traffic, (given) => {
      const greatest = findMaxMinuteWeight(given);
      if (greatest > LIMIT) throw new Error(`a minute was charged ${greatest}, above ${LIMIT}`);
    });
    properties.conclude();
  });
});
