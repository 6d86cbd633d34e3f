import * as assert from 'uvu/assert';
import { createDatabase, createRoles, hasServer, serverUrl } from '../../harness/databases.js';
import { type EngineName, readEngineServer } from '../../harness/engine-server.js';
import { group } from '../../harness/group.js';
import type { EngineUrl } from '../engine-urls.js';
import { findDifferences, readStepState } from './read-state.js';
import type { Step } from './step.js';
import { STEPS } from './steps.js';
import { openStepsWorld, type StepsWorld } from './steps-world.js';

/** The same database on plain PostgreSQL and with an engine. */
export interface TwoWorlds {
  plain: StepsWorld;
  engine: StepsWorld;
  /** What is installed there; undefined for a URL of plain PostgreSQL. */
  found: EngineName | undefined;
}

const STEP_TIMEOUT = { timeoutMs: 180_000 };

/**
 * Declares a test for each step: afterwards all tables, files, outputs and exit codes equal those on PostgreSQL.
 *
 * @param before runs before each step
 */
export function compareSteps(
  { name, url, variable }: EngineUrl,
  title: string,
  before: (worlds: TwoWorlds, step: Step) => Promise<void> = () => Promise.resolve(),
): void {
  if (!url || !hasServer()) {
    group(title, (test) => test.skip(name, url ? 'no PostgreSQL here' : `${variable} is not set`));
    return;
  }
  group<TwoWorlds>(
    title,
    (test) => {
      for (const step of STEPS) {
        test(
          step.title,
          async (worlds) => {
            await before(worlds, step);
            const [expected, found] = await Promise.all(
              [worlds.plain, worlds.engine].map((world) => runStep(world, step)),
            );
            assert.equal(findDifferences(found!, expected!), []);
          },
          STEP_TIMEOUT,
        );
      }
    },
    { setup: () => openWorlds(url), teardown: closeWorlds },
  );
}

async function runStep(world: StepsWorld, step: Step) {
  await step.run(world);
  const results = world.takeResults();
  const compared = results.map((result) => (step.tellsEngine ? { ...result, stdout: '', stderr: '' } : result));
  return readStepState(world, compared);
}

async function openWorlds(url: string): Promise<TwoWorlds> {
  const server = (await serverUrl())!;
  for (const each of [server, url]) await createRoles(each);
  const { engine: found } = await readEngineServer(url);
  const plain = await openStepsWorld(await createDatabase(server));
  const engine = await openStepsWorld(await createDatabase(url));
  return { plain, engine, found };
}

async function closeWorlds({ plain, engine }: TwoWorlds): Promise<void> {
  await plain.close();
  await engine.close();
}
