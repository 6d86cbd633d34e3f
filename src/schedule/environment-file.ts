import type { Machine } from './machine.js';
import { quoteForShell } from '../core/quote-for-shell.js';
import type { ScheduledJob } from './scheduled-job.js';

/**
 * How the environment file is made and what belongs into it. No value is named, only variables; a file that is there
 * already stays as it is.
 *
 * @param owner who must be able to read it; root if not given
 */
export function environmentSteps(
  jobs: readonly ScheduledJob[],
  { environmentFile, variables }: Pick<Machine, 'environmentFile' | 'variables'>,
  owner?: string,
): string[] {
  const file = quoteForShell(environmentFile);
  const isOthers = owner !== undefined && owner !== 'root';
  const asOwner = isOthers ? ` -o ${quoteForShell(owner)}` : '';
  const mayRead = isOthers ? `    # ${owner} must be able to read it` : '';
  const others = variables.filter((name) => name !== 'DATABASE_URL');
  const missing = new Set(jobs.flatMap(({ secrets }) => secrets.filter((name) => name !== 'DATABASE_URL')));
  for (const name of others) missing.delete(name);
  return [
    `[ -e ${file} ] || install -m 600${asOwner} /dev/null ${file}${mayRead}`,
    `# No password is in what was made here: ${environmentFile} holds them, each variable on a line NAME='value':`,
    `#   DATABASE_URL='postgres://USER:PASSWORD@HOST:PORT/DATABASE'`,
    ...[...missing].map((name) => `#   ${name}='...'`),
    ...(others.length > 0 ? [`# and these, which are set here now: ${others.join(', ')}`] : []),
  ];
}
