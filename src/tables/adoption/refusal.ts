import { Failure } from '../../core/failure.js';

/** Why a database cannot be migrated as it is, and what a person has to do first. */
export interface Refusal {
  problem: string;
  /** SQL that can be pasted, or the option that allows it. */
  remedy: string;
}

/** All refusals as one failure, so that they can be mended together. */
export function toFailure(refusals: readonly Refusal[]): Failure {
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
