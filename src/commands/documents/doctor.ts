import { Failure, EXIT_CODES, type ExitCode } from '../../core/failure.js';
import type { CheckResult } from '../../jobs/doctor/check-result.js';
import { documentOf } from '../framework/document/document.js';
import { about, list, type MembersOf, object, oneOf, optional, text } from '../framework/document/shape.js';

const EXIT_CODE_VALUES: readonly ExitCode[] = Object.values(EXIT_CODES);

interface DoctorResult {
  checks: CheckResult[];
}

export const CHECK_MEMBERS: MembersOf<CheckResult> = {
  check: text,
  state: oneOf('ok', 'warn', 'fail'),
  found: text,
  remedy: about('A command to run, or another action.', optional(text)),
  exitCode: about('The exit code of a command that has this problem.', optional(oneOf(...EXIT_CODE_VALUES))),
};

export const doctorDocument = documentOf<DoctorResult, DoctorResult>(
  ({ checks }) => ({ checks }),
  {
    checks: list(object<CheckResult>(CHECK_MEMBERS)),
  },
  { problemOfAll: ({ checks }) => describeFailed(checks) },
);

function describeFailed(checks: readonly CheckResult[]): Failure | undefined {
  const failed = checks.filter(({ state }) => state === 'fail').map(({ check }) => check);
  if (failed.length === 0) return undefined;
  return new Failure('failed', `${failed.length} of ${checks.length} checks failed: ${failed.join(', ')}`, {
    code: 'CHECK_FAILED',
  });
}
