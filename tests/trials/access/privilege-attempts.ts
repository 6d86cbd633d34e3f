import { openStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { NEEDED_PRIVILEGES } from '../../../src/tables/role-rights.js';
import { type RoleName, urlForRole } from '../../harness/databases.js';

const VIEW = 'training_chart_data';
const RELATIONS = [...Object.keys(NEEDED_PRIVILEGES), 'chartctl_migrations_lock'];

/** Statements on a relation by the privilege that they need. */
const RELATION_STATEMENTS: Readonly<Record<string, (relation: string, column: string) => string>> = {
  SELECT: (relation) => `SELECT * FROM ${relation} LIMIT 1`,
  INSERT: (relation) => `INSERT INTO ${relation} DEFAULT VALUES`,
  UPDATE: (relation, column) => `UPDATE ${relation} SET ${column} = DEFAULT WHERE false`,
  DELETE: (relation) => `DELETE FROM ${relation} WHERE false`,
  TRUNCATE: (relation) => `TRUNCATE ${relation === VIEW ? 'rolling_chart_data' : relation}`,
  ownership: (relation) => `ALTER TABLE ${relation} RENAME TO stolen`,
  'ownership, to drop': (relation) => `DROP ${relation === VIEW ? 'VIEW' : 'TABLE'} ${relation}`,
  TRIGGER: (relation) =>
    `CREATE TRIGGER t BEFORE INSERT ON ${relation} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
};

/** Statements that neither role may run. */
const OTHER_STATEMENTS = [
  'CREATE TABLE mine (a int)',
  'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  'CREATE SCHEMA mine',
  'CREATE ROLE mine',
  'ALTER ROLE chartctl_owner SUPERUSER',
  'SET ROLE chartctl_owner',
  'SET SESSION AUTHORIZATION postgres',
  "COPY (SELECT 1) TO PROGRAM 'true'",
  "COPY (SELECT 1) TO '/tmp/chartctl-stolen'",
  "SELECT pg_read_file('/etc/passwd')",
  'SELECT * FROM pg_authid',
  'GRANT chartctl_owner TO CURRENT_USER',
];

const NOT_PERMITTED = '42501';

/** Tries all statements as a role; one sentence for each that was wrongly permitted or refused. */
export async function tryStatements(
  role: RoleName,
  database: string,
  may: (relation: string, privilege: string) => boolean,
): Promise<{ tried: number; losses: string[] }> {
  const store = await openStore({ kind: 'postgres', url: urlForRole(role, database) });
  const losses: string[] = [];
  let tried = 0;
  const attempt = async (statement: string, isAllowed: boolean) => {
    tried += 1;
    if ((await isPermitted(store, statement)) === isAllowed) return;
    losses.push(`${role} was ${isAllowed ? 'not ' : ''}permitted: ${statement}`);
  };
  try {
    for (const relation of RELATIONS) {
      const column = await firstColumn(store, relation);
      for (const [privilege, toStatement] of Object.entries(RELATION_STATEMENTS))
        await attempt(toStatement(relation, column), may(relation, privilege));
    }
    for (const statement of OTHER_STATEMENTS) await attempt(statement, false);
  } finally {
    await store.close();
  }
  return { tried, losses };
}

/** Whether a statement succeeds or fails for another reason than privileges; it is rolled back. */
async function isPermitted(store: Store, statement: string): Promise<boolean> {
  const trx = await store.knex.transaction();
  try {
    await trx.raw(statement);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== NOT_PERMITTED;
  } finally {
    await trx.rollback();
  }
}

async function firstColumn({ knex }: Store, relation: string): Promise<string> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(
    'SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = ?::regclass AND attnum = 1',
    [relation],
  );
  return rows[0]!.name;
}
