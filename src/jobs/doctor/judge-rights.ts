import { quoteName } from '../../store/migration/legacy/table.js';
import type { RoleRights } from '../../store/role-rights.js';
import { fail, ok, warn, type Finding } from './finding.js';

const CHECK = 'permissions';

/** Whether the role may do what daily commands do; if not, with the statements that let it. */
export function judgeRights(rights: RoleRights): Finding {
  const { role, database, missing, mayMakeTemporaryTables, isHeldByRowSecurity } = rights;
  const name = quoteName(role);
  if (missing.length > 0) {
    const lacking = missing.map(({ on, privileges }) => `${privileges} on ${on}`);
    const grants = missing.map(({ on, privileges }) => `GRANT ${privileges} ON ${on} TO ${name}`);
    return fail(CHECK, `${role} lacks ${lacking.join('; ')}`, `let the owner run: ${grants.join('; ')}`);
  }
  if (isHeldByRowSecurity) {
    return warn(CHECK, `row-level security binds ${role}: rows cannot be copied in`, `ALTER ROLE ${name} BYPASSRLS`);
  }
  if (!mayMakeTemporaryTables) {
    const found = `${role} may make no temporary tables: undo fails, and large updates are slower`;
    return warn(CHECK, found, `GRANT TEMP ON DATABASE ${quoteName(database)} TO ${name}`);
  }
  return ok(CHECK, `${role} may read and write every table`);
}
