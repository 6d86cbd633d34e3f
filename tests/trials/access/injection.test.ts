import { concludeTrial } from '../../harness/trial.js';
import { databases } from '../../harness/databases.js';
import { diceOf } from '../../harness/dice.js';
import { effort, SEED_OF_RUN } from '../../harness/effort.js';
import { group } from '../../harness/group.js';
import { DOORS } from './doors.js';
import { HOSTILE } from './hostile-values.js';
import { hearHostile } from './hostile-answers.js';
import { workBesideHostile } from './hostile-rows.js';
import { InjectionWorld } from './injection-world.js';

const server = databases().find(({ name }) => name === 'PostgreSQL');
/** Of each kind, at each door. */
const TEXTS = effort(2, HOSTILE.length);

/** The exchange is asked again after what may pass, which takes its time. */
const HEARD = effort(1, 3);

const dice = diceOf(SEED_OF_RUN, 'injection');
const some = (values: readonly string[]) => [...values].sort(() => dice.share() - 0.5).slice(0, TEXTS);

group<InjectionWorld>(
  'injection',
  (test) => {
    if (!server) return test.skip('all of it', 'no PostgreSQL here');

    test(
      'what somebody types or configures does nothing but what it says, or is refused',
      async (world) => {
        const losses: string[] = [];
        let tried = 0;
        for (const [name, enter] of Object.entries(DOORS)) {
          for (const value of some(HOSTILE)) {
            tried += 1;
            const what = `${name} was ${JSON.stringify(value)}`;
            const { losses: met, printed } = await enter(world, value);
            losses.push(...met.map((loss) => `${what}: ${loss}`), ...(await world.inspect(what, ...printed)));
          }
        }
        concludeTrial({
          fault: 'hostile texts in arguments, files, variables, schedules',
          tried,
          unit: 'texts',
          losses,
          seed: SEED_OF_RUN,
        });
      },
      { timeoutMs: 240_000 },
    );

    test(
      'what an exchange says, or what stood in the table before, is only ever text',
      async (world) => {
        const heard = await hearHostile(world, () => some(HOSTILE).slice(0, HEARD));
        const beside = await workBesideHostile(world);
        concludeTrial({
          fault: 'hostile texts in answers of exchanges, and as symbols of a table that was there before',
          tried: heard.tried + beside.tried,
          unit: 'texts',
          losses: [...heard.losses, ...beside.losses],
          seed: SEED_OF_RUN,
        });
      },
      { timeoutMs: 240_000 },
    );
  },
  { setup: () => InjectionWorld.open(server!), teardown: (world) => world.close() },
);
