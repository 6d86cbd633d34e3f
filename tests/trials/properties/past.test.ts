import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { databases } from '../../harness/databases.js';
import { jobGroup } from '../../harness/job-world.js';
import { Properties } from '../../harness/property.js';
import { concludeTrial, effort, RUN_SEED } from '../../harness/trial.js';
import { createRandom } from '../../indicators/series.js';
import { PastHistory } from './past-history.js';
import { PAST_STEPS } from './past-steps.js';

const HISTORIES_TRIED = effort(1, 6);
const TIMEOUT = { timeoutMs: effort(240_000, 3 * 3_600_000) };
/** Of each history on PostgreSQL: processes that are killed, between its steps. */
const KILLS = effort(1, 3);
/** How many processes are started for a kill at most: one may end before it is hit. */
const MAX_TRIES = 6;

/** Kills a process of a history; one that ended before it was hit is followed by another. */
async function killOne(history: PastHistory, random: () => number): Promise<boolean> {
  for (let tried = 0; tried < MAX_TRIES; tried += 1) if (await history.kill(random)) return true;
  return false;
}

for (const backend of databases()) {
  jobGroup(
    'the table of the past, from the audit log',
    (test) => {
      test(
        'after random histories every earlier state is found again, and every exported file is made again',
        async (world) => {
          const fault = `random histories of which the audit log must give back every state, ${backend.name}`;
          const histories = new Properties({ fault, unit: 'histories' });
          const folder = mkdtempSync(join(tmpdir(), 'chartctl-past-'));
          const random = createRandom(RUN_SEED);
          const kills = backend.name === 'PostgreSQL' ? KILLS : 0;
          const counts = { differing: 0, forgotten: 0, killed: 0 };
          await histories.check('histories', HISTORIES_TRIED, PAST_STEPS, async (steps) => {
            const history = await PastHistory.begin(world, folder);
            const pause = Math.ceil(steps.length / (kills + 1));
            for (const [i, step] of steps.entries()) {
              await history.apply(step);
              const isKill = (i + 1) % pause === 0 && (i + 1) / pause <= kills;
              if (isKill && (await killOne(history, random))) counts.killed += 1;
            }
            const { differing, forgotten } = await history.check();
            counts.differing += differing;
            counts.forgotten += forgotten;
          });
          rmSync(folder, { recursive: true });
          process.stdout.write(`${JSON.stringify(counts)}\n`);
          assert.ok(counts.differing > HISTORIES_TRIED, `only ${counts.differing} files differed from the last one`);
          histories.conclude();
          const killed = { fault: 'kill -9 during such a history, PostgreSQL', unit: 'kills', seed: RUN_SEED };
          if (kills > 0) concludeTrial({ ...killed, tried: counts.killed, losses: [] });
        },
        TIMEOUT,
      );
    },
    [backend],
  );
}
