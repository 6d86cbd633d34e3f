import * as assert from 'uvu/assert';
import { judgeRights } from '../../../src/jobs/doctor/judge-rights.js';
import { NEEDED_PRIVILEGES, readRoleRights } from '../../../src/store/role-rights.js';
import { withStore } from '../../../src/store/store.js';
import { databases } from '../../harness/databases.js';
import { diceOf } from '../../harness/dice.js';
import { effort, SEED_OF_RUN } from '../../harness/effort.js';
import { group } from '../../harness/group.js';
import { concludeTrial } from '../../harness/trial.js';
import { tryEverything } from './attempts.js';
import { openWorkingWorld, type Command, type WorkingWorld } from './working-day.js';

/** The embedded database knows no roles. */
const server = databases().find(({ name }) => name === 'PostgreSQL');

/** People read the view; our commands read the table behind it. */
const FOR_PEOPLE = 'training_chart_data';
const GRANTED = Object.entries(NEEDED_PRIVILEGES).flatMap(([table, names]) =>
  names.map((privilege) => ({ privilege, table })),
);
/** With nothing in the way but the ban that a day ends with. */
const SOUND = [0, 75];
const REVOKED = effort(3, GRANTED.length);

group<WorkingWorld>(
  'roles',
  (test) => {
    if (!server) return test.skip('all of it', 'no PostgreSQL here');

    test(
      'the daily role can do every daily command, and a step less is met by a clear word',
      async (world) => {
        const undisturbed = await world.workADay();
        assert.equal(
          undisturbed.filter(({ exitCode }) => !SOUND.includes(exitCode)),
          [],
        );
        const dice = diceOf(SEED_OF_RUN, 'revoked');
        const privileges = [...GRANTED].sort(() => dice.share() - 0.5).slice(0, REVOKED);
        const losses: string[] = [];
        for (const privilege of privileges) losses.push(...(await workWithout(world, privilege)));
        concludeTrial({
          fault: 'a privilege of the daily role is missing',
          tried: privileges.length * undisturbed.length,
          unit: 'commands',
          losses,
          seed: SEED_OF_RUN,
        });
      },
      { timeoutMs: effort(120_000, 1_800_000) },
    );

    test('the daily role and that of trainers can do nothing beyond their work', async ({ database }) => {
      const { superuser } = database;
      if (superuser.kind !== 'postgres') throw new Error('only a server has roles');
      const tried = [
        await tryEverything('chartctl_daily', superuser.url, (relation, privilege) =>
          (NEEDED_PRIVILEGES[relation] ?? []).includes(privilege),
        ),
        await tryEverything(
          'chartctl_reader',
          superuser.url,
          (relation, privilege) => relation === FOR_PEOPLE && privilege === 'SELECT',
        ),
      ];
      concludeTrial({
        fault: 'statements beyond what a role is for',
        tried: tried.reduce((sum, role) => sum + role.tried, 0),
        unit: 'statements',
        losses: tried.flatMap((role) => role.losses),
      });
    });
  },
  { setup: () => openWorkingWorld(server!), teardown: (world) => world.close() },
);

/** A day without one privilege: what went wrong but for commands that say what is missing, and how to get it. */
async function workWithout(
  world: WorkingWorld,
  { privilege, table }: { privilege: string; table: string },
): Promise<string[]> {
  const what = `${privilege} ON ${table}`;
  await world.asOwner(({ knex }) => knex.raw(`REVOKE ${what} FROM chartctl_daily`));
  const finding = judgeRights(await withStore(world.database.daily, ({ knex }) => readRoleRights(knex)));
  const day = await world.workADay();
  await world.asOwner(({ knex }) => knex.raw(`GRANT ${what} TO chartctl_daily`));
  const losses = day.flatMap((command) => judge(command).map((loss) => `without ${what}: ${loss}`));
  const remedy = `GRANT ${what} TO "chartctl_daily"`;
  if (!finding.remedy?.includes(remedy)) losses.push(`without ${what} doctor did not say ${remedy}`);
  const isMissed = day.some(({ stderr }) => stderr.includes('permission denied'));
  if (!isMissed && table !== FOR_PEOPLE) losses.push(`no command needs ${what}`);
  return losses;
}

function judge({ argv, exitCode, stdout, stderr }: Command): string[] {
  const called = argv.join(' ');
  if (/^bug:/m.test(stderr)) return [`${called} showed a bug: ${stderr}`];
  if (!stderr.includes('permission denied')) return [];
  const losses = stderr.includes('chartctl doctor') ? [] : [`${called} did not say what to do: ${stderr}`];
  if (SOUND.includes(exitCode)) losses.push(`${called} ended with ${exitCode}: ${stdout}`);
  return losses;
}
