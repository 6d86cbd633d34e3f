import { readFileSync } from 'node:fs';
import { runStatement } from './run-statement.js';

/** The script that makes the roles and limits them, as users run it. */
export const ROLES_SCRIPT = readFileSync('migrations/roles.sql', 'utf8');

export const ROLES = ['chartctl_owner', 'chartctl_daily', 'chartctl_reader'] as const;
export type RoleName = (typeof ROLES)[number];

/** The same on every server, so that two runs of the tests on one do not lock each other out. */
const PASSWORD = 'only-for-tests';

/** Makes chartctl's roles on a server that is there for tests, and gives each a password. */
export async function letRolesIn(superuserUrl: string): Promise<void> {
  const passwords = ROLES.map((role) => `ALTER ROLE ${role} PASSWORD '${PASSWORD}';`);
  await runStatement(superuserUrl, `${ROLES_SCRIPT}\n${passwords.join('\n')}`);
}

/** The URL with which a role comes into a database. */
export function urlAs(role: RoleName, database: string | URL): string {
  const url = new URL(database);
  url.username = role;
  url.password = PASSWORD;
  return url.href;
}
