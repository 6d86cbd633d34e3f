import { hasServer } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { concludeTrial, effort } from '../../harness/trial.js';
import { runConcurrentJobs, SETTLED } from './concurrent-jobs.js';
import { completeSymbols, findDamage } from './find-damage.js';
import { openSharedMarket, type SharedMarket } from './shared-market.js';

const SECONDS = effort(6, 330);
const LIMIT = { timeoutMs: effort(180_000, 1_800_000) };

group<SharedMarket>(
  'eight processes at once',
  (test) => {
    if (!hasServer()) return test.skip('all', 'no PostgreSQL here');

    test(
      'lose nothing, block nothing, and see one state of each symbol',
      async (market) => {
        await completeSymbols(market, SETTLED);
        market.exchange.clock.run(60);
        const { runs, ingestMs, revisions, losses } = await runConcurrentJobs(market, SECONDS * 1000);
        market.exchange.clock.freeze();
        losses.push(...(await completeSymbols(market)), ...(await findDamage(market)));
        const tried = Object.values(runs).reduce((sum, count) => sum + count, 0);
        const slowest = Math.round(Math.max(...ingestMs));
        process.stdout.write(
          `${JSON.stringify({ runs, revisions, slowestIngestMs: slowest, deadlocks: await countDeadlocks(market) })}\n`,
        );
        concludeTrial({
          fault: 'eight concurrent commands on the same symbols, PostgreSQL',
          tried,
          unit: 'runs',
          losses,
        });
      },
      LIMIT,
    );
  },
  { setup: () => openSharedMarket(), teardown: (market) => market.close() },
);

async function countDeadlocks({ inspect }: SharedMarket): Promise<number> {
  const { rows } = await inspect(({ knex }) =>
    knex.raw<{ rows: { deadlocks: string }[] }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    ),
  );
  return Number(rows[0]!.deadlocks);
}
