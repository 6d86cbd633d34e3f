import { Failure } from '../../core/failure.js';

/** A reason why a database cannot be migrated as it is, and what the user has to do first. */
export interface Refusal {
  problem: string;
  /** SQL to paste, or the option that allows it. */
  remedy: string;
}

/** One failure for all refusals, so that they can be fixed together. */
export function toRefusedFailure(refusals: readonly Refusal[]): Failure {
  const problems = refusals.map(({ problem }) => problem);
  const message =
    problems.length === 1
      ? `nothing was migrated: ${problems[0]}`
      : `nothing was migrated, for ${problems.length} reasons:\n${problems.map((problem) => `- ${problem}`).join('\n')}`;
  return new Failure('failed', message, {
    code: 'MIGRATION_REFUSED',
    hint: `${refusals.map(({ remedy }) => remedy).join('\n')}\nthen run: chartctl migrate`,
  });
}
