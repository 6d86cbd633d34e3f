import type { GapReason } from '../../core/known-gap.js';
import { intersect, type MinuteRange } from '../../core/range.js';
import { findGapsIn } from '../../store/gaps.js';
import type { Db } from '../../store/handles.js';
import type { JobContext } from '../context.js';
import { explainTrailingGap } from './explain-trailing-gap.js';
import { inParallel } from '../in-parallel.js';
import type { SymbolOutcome } from '../result.js';

/** A stretch that the exchange does not have. */
export interface AbsentRange extends MinuteRange, GapReason {}

/** What the exchange does not have of a symbol within a range. */
export async function findAbsentRanges(db: Db, symbol: string, range: MinuteRange): Promise<AbsentRange[]> {
  const known = await findGapsIn(db, symbol, range);
  return known.map((gap) => ({ ...intersect(gap, range), cause: gap.cause, haltedMinutes: gap.haltedMinutes }));
}

interface Summary {
  range: MinuteRange;
  absent: AbsentRange[];
}

/** The outcomes with the causes that are known when all symbols are through: what several of them miss is an outage. */
export function explainAbsentRanges<S extends Summary>(
  context: JobContext,
  outcomes: readonly SymbolOutcome<S>[],
  job: { jobId: number; nowMs: number },
): Promise<SymbolOutcome<S>[]> {
  return inParallel(outcomes, 1, async (outcome) => {
    const { symbol, summary } = outcome;
    if (!summary || summary.absent.length === 0) return outcome;
    await explainTrailingGap(context, { symbol, ...job });
    const absent = await findAbsentRanges(context.store.knex, symbol, summary.range);
    return { ...outcome, summary: { ...summary, absent } };
  });
}
