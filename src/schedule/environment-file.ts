import type { Machine } from './machine.js';
import { quoteForShell } from './quote-for-shell.js';

/**
 * What belongs into the environment file and how it is made, one line each. No value is named, only variables.
 *
 * @param owner who must be able to read it; root if not given
 */
export function describeEnvironmentFile(
  { environmentFile, variables }: Pick<Machine, 'environmentFile' | 'variables'>,
  owner?: string,
): string[] {
  const others = variables.filter((name) => name !== 'DATABASE_URL');
  const asOwner = owner === undefined ? '' : ` -o ${quoteForShell(owner)}`;
  return [
    `Passwords are not in this file but in ${environmentFile}, where each variable has a line NAME='value':`,
    `  install -m 600${asOwner} /dev/null ${quoteForShell(environmentFile)}`,
    `  DATABASE_URL='postgres://USER:PASSWORD@HOST:PORT/DATABASE'`,
    ...(others.length > 0 ? [`and these, which are set here now: ${others.join(', ')}`] : []),
  ];
}
