import fc from 'fast-check';

/** The oldest age of a changed minute; the warm-up lies before it. */
const MAX_AGE = 140;
/** The youngest age of a changed minute: ingest would wait for newer ones. */
const MIN_AGE = 4;

/** A change at the exchange, or of the table by SQL. */
export type Disturbance =
  | { kind: 'revise' | 'spike' | 'hide' | 'flag' | 'corrupt' | 'lose' | 'legacy' | 'legacyOther'; age: number }
  | { kind: 'reveal' }
  | { kind: 'pass'; minutes: number };

/** A job and its options. */
export type Job =
  | { kind: 'ingest' | 'ingestBlocked' | 'rebuild' | 'undo' }
  | { kind: 'ingestAt'; age: number }
  | { kind: 'backfill'; minutes: number; fillGaps: boolean; replaceFallback: boolean; keepFlagged: boolean }
  | { kind: 'clean'; repair: boolean; keepFlagged: boolean; accept: 'all-open' | number[] | undefined };

export type Step = { disturbance: Disturbance } | { job: Job };

const age = fc.integer({ min: MIN_AGE, max: MAX_AGE });
const often = fc.boolean();
const rarely = fc.integer({ min: 0, max: 3 }).map((roll) => roll === 3);

const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('revise', 'spike', 'hide', 'flag', 'corrupt', 'lose', 'legacy', 'legacyOther'),
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

/** Random sequences of changes and jobs. */
export const HISTORIES: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    disturbance.map((value) => ({ disturbance: value })),
    job.map((value) => ({ job: value })),
  ),
  { minLength: 4, maxLength: 16, size: 'max' },
);
