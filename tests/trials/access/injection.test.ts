import { databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { createRandom } from '../../harness/random.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { tryHostileAnswers, tryHostileRows } from './hostile-data.js';
import { HOSTILE_TEXTS, InjectionWorld } from './injection-world.js';
import { INPUT_CHANNELS } from './input-channels.js';

const server = databases().find(({ name }) => name === 'PostgreSQL');
/** The number of texts for each input channel. */
const TEXTS = effort(2, HOSTILE_TEXTS.length);

/** The number of texts for each response: retries make them slow. */
const RESPONSES = effort(1, 3);

const random = createRandom(RUN_SEED, 'injection');
const some = (values: readonly string[]) => [...values].sort(() => random.fraction() - 0.5).slice(0, TEXTS);

group<InjectionWorld>(
  'injection',
  (test) => {
    if (!server) return test.skip('all of it', 'no PostgreSQL here');

    test(
      'typed and configured texts are taken literally or refused',
      async (world) => {
        const losses: string[] = [];
        let tried = 0;
        for (const [name, enter] of Object.entries(INPUT_CHANNELS)) {
          for (const value of some(HOSTILE_TEXTS)) {
            tried += 1;
            const what = `${name} was ${JSON.stringify(value)}`;
            const { losses: found, printed } = await enter(world, value);
            losses.push(...found.map((loss) => `${what}: ${loss}`), ...(await world.inspect(what, ...printed)));
          }
        }
        concludeTrial({
          fault: 'hostile texts in arguments, files, variables and schedules',
          tried,
          unit: 'texts',
          losses,
          seed: RUN_SEED,
        });
      },
      { timeoutMs: 240_000 },
    );

    test(
      'texts of exchanges and of existing tables are taken literally',
      async (world) => {
        const responses = await tryHostileAnswers(world, () => some(HOSTILE_TEXTS).slice(0, RESPONSES));
        const rows = await tryHostileRows(world);
        concludeTrial({
          fault: 'hostile texts in exchange responses, and as symbols of an existing table',
          tried: responses.tried + rows.tried,
          unit: 'texts',
          losses: [...responses.losses, ...rows.losses],
          seed: RUN_SEED,
        });
      },
      { timeoutMs: 240_000 },
    );
  },
  { setup: () => InjectionWorld.open(server!), teardown: (world) => world.close() },
);
