import { mergeRanges, type MinuteRange } from '../core/range.js';
import { findDoubtful, surveyRange, type Survey } from '../store/coverage.js';
import { findGapsIn } from '../store/gaps.js';
import type { Store } from '../store/store.js';
import { planBackfill, withWarmUp, type BackfillPlan } from './fetch/plan-backfill.js';

/** A plan, and the range as it was found. */
export interface SurveyedPlan extends BackfillPlan {
  survey: Survey;
}

/** Learns from the database what a backfill must ask for, and plans it. */
export async function makePlan(
  { knex }: Store,
  { replaceFallback = false }: { replaceFallback?: boolean | undefined },
  { symbol, range, nowMs }: { symbol: string; range: MinuteRange; nowMs: number },
): Promise<SurveyedPlan> {
  const whole = withWarmUp(range);
  const known = await findGapsIn(knex, symbol, whole);
  const warmUp = { from: whole.from, to: range.from };
  const before = await surveyRange(knex, symbol, warmUp);
  const survey = await surveyRange(knex, symbol, range);
  const findDoubts = async (part: MinuteRange, { rows, valid }: Survey) =>
    rows === valid && !replaceFallback ? [] : findDoubtful(knex, symbol, part, { fallback: replaceFallback });
  const knowledge = {
    missing: mergeRanges([...before.missing, ...survey.missing]),
    doubts: [...(await findDoubts(warmUp, before)), ...(await findDoubts(range, survey))],
    absent: known.filter((gap) => gap.askAgainAt > nowMs),
  };
  return { ...planBackfill(range, knowledge, { replaceFallback }), survey };
}
