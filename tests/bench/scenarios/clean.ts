import type { Bench, Scenario } from '../bench.js';
import { SYMBOL } from '../bench-market.js';
import { atLeast, atMost, summarizeRuns, speedup, type Measurement, type Run } from '../measurement.js';

const RULE_SETS = { 'clean-default': [], 'clean-all-rules': ['--with', 'all'] } as const;

/** Clean with the default rules and with all, each on new data and again. */
export const clean: Scenario = {
  measures: Object.keys(RULE_SETS).flatMap((name) => [name, `${name}-again`]),
  run: async (bench) => {
    const found: Measurement[] = [];
    for (const size of bench.plan.sizes) found.push(...(await measureSize(bench, size)));
    return found;
  },
};

async function measureSize(bench: Bench, size: number): Promise<Measurement[]> {
  const found: Measurement[] = [];
  for (const [name, flags] of Object.entries(RULE_SETS)) {
    const runs = { first: [] as Run[], again: [] as Run[] };
    let flagged = 0;
    let flaggedAgain = 0;
    for (let repeat = 1; repeat <= bench.plan.repeats; repeat += 1) {
      bench.log(`${name} of ${size} rows, ${repeat} of ${bench.plan.repeats}`);
      await bench.filled.withCopy(bench.filled.rows(size), async (url) => {
        const first = await bench.chartctl(['clean', SYMBOL, ...flags], { url });
        const again = await bench.chartctl(['clean', SYMBOL, ...flags], { url });
        runs.first.push(first);
        runs.again.push(again);
        flagged = countFlagged(first.symbols[0]);
        flaggedAgain += countFlagged(again.symbols[0]);
      });
    }
    found.push(
      summarizeRuns({ name, size }, runs.first, [], { flagged }),
      summarizeRuns({ name: `${name}-again`, size }, runs.again, [
        atMost('rows flagged', flaggedAgain, 0),
        atLeast('of the speed of the first run', speedup(runs.first, runs.again), 1),
      ]),
    );
  }
  return found;
}

/** The number of new flags in the summary of `--json`. */
function countFlagged(summary: Record<string, unknown> | undefined): number {
  const byRule = Object.values((summary?.flaggedByRule ?? {}) as Record<string, number>);
  return byRule.reduce((sum, count) => sum + count, 0);
}
