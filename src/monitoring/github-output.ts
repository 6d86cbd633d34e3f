import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { Failure } from '../core/failure.js';

/**
 * Outputs of a step as the lines that GitHub Actions reads. Each value stands between two lines of a random delimiter, so
 * that no value can end early and set another output.
 *
 * @param outputs each name with its value
 */
function formatGithubOutput(outputs: Readonly<Record<string, string>>, delimiter = `chartctl_${randomUUID()}`): string {
  const lines = Object.entries(outputs).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  return lines.join('');
}

/** Appends outputs to the file that `GITHUB_OUTPUT` names. Throws Failure (failed) when it cannot be written. */
export function appendGithubOutput(file: string, outputs: Readonly<Record<string, string>>): void {
  try {
    appendFileSync(file, formatGithubOutput(outputs));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Failure('failed', `cannot write "${file}", which GITHUB_OUTPUT names: ${code}`, {
      hint: 'leave --github-output out when it does not run in a step of GitHub Actions',
      code,
      cause: error,
    });
  }
}
