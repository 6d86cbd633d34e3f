import fc from 'fast-check';

/** The minutes before now on which everything happens; the warm-up lies before them. */
export const MAX_AGE = 140;
/** Nothing happens to the newest minutes: Binance would be waited for. */
const MIN_AGE = 4;

/** Something that happens to the exchange or, behind the tool's back, to the table. */
export type Disturbance =
  | { kind: 'revise' | 'spike' | 'hide' | 'flag' | 'spoil' | 'lose' | 'legacy' | 'legacyOther'; age: number }
  | { kind: 'reveal' }
  | { kind: 'pass'; minutes: number };

/** A job of ours. */
export type Job =
  | { kind: 'ingest' | 'ingestBlocked' | 'rebuild' | 'undo' }
  | { kind: 'ingestAt'; age: number }
  | { kind: 'backfill'; minutes: number; fillGaps: boolean; replaceFallback: boolean; keepFlagged: boolean }
  | { kind: 'clean'; repair: boolean; keepFlagged: boolean; accept: 'all-open' | number[] | undefined };

export type Step = { trouble: Disturbance } | { job: Job };

const age = fc.integer({ min: MIN_AGE, max: MAX_AGE });
const often = fc.boolean();
const rarely = fc.integer({ min: 0, max: 3 }).map((roll) => roll === 3);

const trouble: fc.Arbitrary<Disturbance> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('revise', 'spike', 'hide', 'flag', 'spoil', 'lose', 'legacy', 'legacyOther'),
      age,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reveal' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 3 }) }) },
);

const job: fc.Arbitrary<Job> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('ingest', 'ingestBlocked', 'rebuild') }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'undo' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ingestAt' as const), age }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('backfill' as const),
      minutes: fc.integer({ min: 1, max: MAX_AGE }),
      fillGaps: often,
      replaceFallback: often,
      keepFlagged: rarely,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('clean' as const),
      repair: rarely,
      keepFlagged: rarely,
      accept: fc.oneof(
        { weight: 4, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constant('all-open' as const) },
        { weight: 2, arbitrary: fc.array(age, { minLength: 1, maxLength: 3 }) },
      ),
    }),
  },
);

/** What happens to a table and an exchange, one thing after the other. */
export const HISTORIES: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    trouble.map((value) => ({ trouble: value })),
    job.map((value) => ({ job: value })),
  ),
  { minLength: 4, maxLength: 16, size: 'max' },
);
