import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { MINUTE_MS } from '../../src/core/minute.js';
import type { ProcessResult } from '../harness/chartctl-process.js';
import { createRoles } from '../harness/databases.js';
import { readEngineServer } from '../harness/engine-server.js';
import { group, SkippedTest } from '../harness/group.js';
import { fault } from '../loopback/faults.js';
import { findDamage } from '../trials/together/find-damage.js';
import { openSharedMarket, type SharedMarket, START, SYMBOLS } from '../trials/together/shared-market.js';
import type { EngineUrl } from './engine-urls.js';
import { findLocalServer, type LocalServer } from './local-server.js';

/** A market on an engine, and one of its servers: a worker of Citus, else the server itself. */
interface KilledServer {
  market: SharedMarket;
  server: LocalServer | undefined;
}

const LIMIT = { timeoutMs: 300_000 };
/** A request of a job takes this long, so that the server dies in its middle. */
const SLOW_MS = 150;
/** The repeats of a command until it succeeds: the locks of the lost connections are released a little later. */
const MAX_REPEATS = 20;
const PAUSE_MS = 1_000;
const NOT_LOCAL = 'the server does not run on this machine, or not as an account to kill';

/** Declares the tests with a server that is killed in the middle of a job. */
export function killServerOf({ name, url, variable }: EngineUrl): void {
  const title = `a server of ${name} that is killed and brought back`;
  if (!url) return group(title, (test) => test.skip('all', `${variable} is not set`));
  group<KilledServer>(
    title,
    (test) => {
      test(
        'in the middle of a backfill loses nothing, and the same command completes it',
        async ({ market, server }) => {
          if (!server) throw new SkippedTest(NOT_LOCAL);
          market.exchange.faults.always(fault.slow(SLOW_MS), { exchange: 'binance', path: 'klines' });
          const argv = ['backfill', ...SYMBOLS, '--days', '4'];
          const before = market.exchange.requests.length;
          await killDuring(market, server, argv, () => market.exchange.requests.length > before + 8);
          market.exchange.faults.clear();
          await completes(market, argv);
          assert.equal(await findDamage(market), []);
        },
        LIMIT,
      );

      test(
        'in the middle of clean --repair loses nothing, and the same command completes it',
        async ({ market, server }) => {
          if (!server) throw new SkippedTest(NOT_LOCAL);
          await flagSomeRows(market);
          market.exchange.faults.always(fault.slow(SLOW_MS), { exchange: 'binance', path: 'klines' });
          const argv = ['clean', ...SYMBOLS, '--repair', '--without', 'volume_spike'];
          const before = market.exchange.requests.length;
          await killDuring(market, server, argv, () => market.exchange.requests.length > before + 4);
          market.exchange.faults.clear();
          await completes(market, argv);
          assert.equal(await findDamage(market), []);
        },
        LIMIT,
      );

      test('leaves no prepared transaction behind', async ({ market }) => {
        assert.equal(await countPrepared(market), []);
      });
    },
    {
      setup: async () => {
        await createRoles(url);
        const { workers } = await readEngineServer(url);
        const market = await openSharedMarket({ through: (database) => database, server: url });
        return { market, server: await findLocalServer(workers[0] ?? url) };
      },
      teardown: ({ market }) => market.close(),
    },
  );
}

/** Starts a job, kills the server when `isDue`, and brings it back when the job has ended or is waiting. */
async function killDuring(
  market: SharedMarket,
  server: LocalServer,
  argv: readonly string[],
  isDue: () => boolean,
): Promise<void> {
  const job = market.start(...argv);
  let ended: ProcessResult | undefined;
  void job.ended.then((result) => (ended = result));
  while (!isDue() && !ended) await sleep(5);
  assert.is(ended, undefined, 'the job ended before the server was killed');
  server.kill();
  await Promise.race([job.ended, sleep(2_000)]);
  await server.restart();
  const { exitCode, stderr } = await job.ended;
  assert.ok([0, 3, 75].includes(exitCode ?? -1), `${argv[0]} ended with ${exitCode}: ${stderr}`);
}

/** Flags one minute in twenty of each symbol, as other software does. */
async function flagSomeRows({ inspect }: SharedMarket): Promise<void> {
  const minutes = Array.from({ length: 250 }, (_, i) => new Date(START - (30 + 20 * i) * MINUTE_MS).toISOString());
  await inspect(async ({ knex }) => {
    for (const symbol of SYMBOLS)
      await knex('rolling_chart_data').where({ symbol }).whereIn('timestamp', minutes).update({ hasmissingdata: true });
  });
}

/** Repeats a command until it succeeds. */
async function completes(market: SharedMarket, argv: readonly string[]): Promise<void> {
  for (let repeats = 1; ; repeats += 1) {
    const { exitCode, stdout, stderr } = await market.run(...argv);
    if (exitCode === 0) return;
    if (repeats === MAX_REPEATS) throw new Error(`${argv[0]} still ends with ${exitCode}: ${stderr} ${stdout}`);
    await sleep(PAUSE_MS);
  }
}

/** Waits until the engine has resolved the transactions that it had prepared; returns those that stay. */
async function countPrepared({ database, inspect }: SharedMarket): Promise<string[]> {
  const url = database.superuser.kind === 'postgres' ? database.superuser.url : '';
  const { engine } = await readEngineServer(url);
  return inspect(async ({ knex }) => {
    if (engine === 'citus') await knex.raw('SELECT recover_prepared_transactions()');
    const { rows } = await knex.raw<{ rows: { gid: string }[] }>(
      engine === 'citus'
        ? `SELECT result AS gid FROM run_command_on_workers('SELECT coalesce(string_agg(gid, '','' ), '''') FROM pg_prepared_xacts
             WHERE database = current_database()') WHERE result <> ''`
        : `SELECT gid FROM pg_prepared_xacts WHERE database = current_database()`,
    );
    return rows.map(({ gid }) => gid);
  });
}
