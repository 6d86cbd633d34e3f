import * as assert from 'uvu/assert';
import { withStore } from '../../../src/database/open-store.js';
import { checkRights } from '../../../src/jobs/doctor/check-database.js';
import { NEEDED_PRIVILEGES, readRoleRights } from '../../../src/tables/role-rights.js';
import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { createRandom } from '../../harness/random.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { tryStatements } from './privilege-attempts.js';
import { type Command, openWorkingWorld, type WorkingWorld } from './working-day.js';

/** The embedded database knows no roles. */
const server = databases().find(({ name }) => name === 'PostgreSQL');

/** The view for readers; commands read its table. */
const FOR_PEOPLE = 'training_chart_data';
const GRANTED = Object.entries(NEEDED_PRIVILEGES).flatMap(([table, names]) =>
  names.map((privilege) => ({ privilege, table })),
);
/** The exit codes of an undisturbed day; 75 is that of the ban at its end. */
const EXPECTED_EXIT_CODES = [0, 75];
const MAX_REVOKED = effort(3, GRANTED.length);

group<WorkingWorld>(
  'roles',
  (test) => {
    if (!server) return test.skip('all of it', 'no PostgreSQL here');

    test(
      'the daily role can run every daily command, and a missing privilege is named with its remedy',
      async (world) => {
        const undisturbed = await world.runDay();
        assert.equal(
          undisturbed.filter(({ exitCode }) => !EXPECTED_EXIT_CODES.includes(exitCode)),
          [],
        );
        const random = createRandom(RUN_SEED, 'revoked');
        const privileges = [...GRANTED].sort(() => random.fraction() - 0.5).slice(0, MAX_REVOKED);
        const losses: string[] = [];
        for (const privilege of privileges) losses.push(...(await runDayWithout(world, privilege)));
        concludeTrial({
          fault: 'a privilege of the daily role is missing',
          tried: privileges.length * undisturbed.length,
          unit: 'commands',
          losses,
          seed: RUN_SEED,
        });
      },
      { timeoutMs: effort(120_000, 1_800_000) },
    );

    test('the daily role and the reader role have no other privileges than they need', async ({ database }) => {
      const { superuser } = database;
      if (superuser.kind !== 'postgres') throw new Error('only a server has roles');
      const tried = [
        await tryStatements('chartctl_daily', superuser.url, (relation, privilege) =>
          (NEEDED_PRIVILEGES[relation] ?? []).includes(privilege),
        ),
        await tryStatements(
          'chartctl_reader',
          superuser.url,
          (relation, privilege) => relation === FOR_PEOPLE && privilege === 'SELECT',
        ),
      ];
      concludeTrial({
        fault: 'statements outside the privileges of a role',
        tried: tried.reduce((sum, role) => sum + role.tried, 0),
        unit: 'statements',
        losses: tried.flatMap((role) => role.losses),
      });
    });
  },
  { setup: () => openWorkingWorld(server!), teardown: (world) => world.close() },
);

/** Runs a day without one privilege; one sentence for each command that does not name it and its remedy. */
async function runDayWithout(
  world: WorkingWorld,
  { privilege, table }: { privilege: string; table: string },
): Promise<string[]> {
  const what = `${privilege} ON ${table}`;
  await world.asOwner(({ knex }) => knex.raw(`REVOKE ${what} FROM chartctl_daily`));
  const finding = checkRights(await withStore(world.database.daily, ({ knex }) => readRoleRights(knex)));
  const day = await world.runDay();
  await world.asOwner(({ knex }) => knex.raw(`GRANT ${what} TO chartctl_daily`));
  const losses = day.flatMap((command) => checkCommand(command).map((loss) => `without ${what}: ${loss}`));
  const remedy = `GRANT ${what} TO "chartctl_daily"`;
  if (!finding.remedy?.includes(remedy)) losses.push(`without ${what} doctor did not name ${remedy}`);
  const isMissed = day.some(({ stderr }) => stderr.includes('permission denied'));
  if (!isMissed && table !== FOR_PEOPLE) losses.push(`no command needs ${what}`);
  return losses;
}

function checkCommand({ argv, exitCode, stdout, stderr }: Command): string[] {
  const called = argv.join(' ');
  if (/^bug:/m.test(stderr)) return [`${called} showed a bug: ${stderr}`];
  if (!stderr.includes('permission denied')) return [];
  const losses = stderr.includes('chartctl doctor') ? [] : [`${called} did not name a remedy: ${stderr}`];
  if (EXPECTED_EXIT_CODES.includes(exitCode)) losses.push(`${called} ended with ${exitCode}: ${stdout}`);
  return losses;
}
