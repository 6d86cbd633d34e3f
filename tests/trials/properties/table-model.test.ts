import * as assert from 'uvu/assert';
import { databases } from '../../harness/databases.js';
import { jobGroup } from '../../harness/job-world.js';
import { Properties } from '../../harness/property.js';
import { effort } from '../../harness/trial.js';
import { TableHistory } from './table-history.js';
import { HISTORIES } from './table-steps.js';

const HISTORIES_TRIED = effort(3, 300);
const TIMEOUT = { timeoutMs: effort(120_000, 3 * 3_600_000) };

for (const backend of databases()) {
  jobGroup(
    'the table against a model of it in memory',
    (test) => {
      test(
        'after every step of a random history both hold the same rows and flags',
        async (world) => {
          const fault = `random histories of a table compared with a model of the rules, ${backend.name}`;
          const histories = new Properties({ fault, unit: 'histories' });
          let compared = 0;
          await histories.check('histories', HISTORIES_TRIED, HISTORIES, async (history) => {
            const table = new TableHistory(world);
            for (const step of [{ job: { kind: 'ingest' as const } }, ...history]) {
              const difference = await table.apply(step);
              assert.ok(difference === undefined, `after ${JSON.stringify(step)}: ${difference}`);
              compared += 1;
            }
          });
          assert.ok(compared > 4 * HISTORIES_TRIED, `only ${compared} steps were compared`);
          histories.conclude();
        },
        TIMEOUT,
      );
    },
    [backend],
  );
}
