import type { MinuteRange } from '../core/range.js';
import { findDoubtful, findMissing } from '../store/coverage.js';
import { findGapsIn } from '../store/gaps.js';
import type { Store } from '../store/store.js';
import { planBackfill, withWarmUp, type BackfillPlan } from './plan-backfill.js';

/** Learns from the database what a backfill must ask for, and plans it. */
export async function makePlan(
  { knex }: Store,
  { replaceFallback = false }: { replaceFallback?: boolean | undefined },
  { symbol, range, nowMs }: { symbol: string; range: MinuteRange; nowMs: number },
): Promise<BackfillPlan> {
  const whole = withWarmUp(range);
  const known = await findGapsIn(knex, symbol, whole);
  const knowledge = {
    missing: await findMissing(knex, symbol, whole),
    doubts: await findDoubtful(knex, symbol, whole, { fallback: replaceFallback }),
    absent: known.filter((gap) => gap.askAgainAt > nowMs),
  };
  return planBackfill(range, knowledge, { replaceFallback });
}
