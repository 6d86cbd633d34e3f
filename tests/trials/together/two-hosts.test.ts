import { setTimeout as sleep } from 'node:timers/promises';
import { createRoles } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { findServerPrograms, startCluster } from '../../harness/scratch-cluster.js';
import { concludeTrial, effort, isLongRun, RUN_SEED } from '../../harness/trial.js';
import { fault } from '../../loopback/faults.js';
import { completeSymbols, findDamage } from './find-damage.js';
import { forward, type Host, hostsSkipReason, withHosts } from './hosts.js';
import { DAYS, openSharedMarket, type SharedMarket, SYMBOLS } from './shared-market.js';

const LIMIT = { timeoutMs: effort(180_000, 1_200_000) };
const ROUNDS = effort(1, 8);
/** One for each symbol: a backfill of a complete symbol would finish at once. */
const CUTS = effort(1, SYMBOLS.length);
/** The advisory locks of jobs, as in src/database/symbol-locks.ts. */
const JOB_LOCKS = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 20002`;

/** In the short version the server detects a lost client sooner. */
const SETTINGS = effort<Record<string, string>>(
  { tcp_keepalives_idle: '1', tcp_keepalives_interval: '1', tcp_keepalives_count: '2', tcp_user_timeout: '3000' },
  {},
);
/** The time limit for the locks of a disconnected host; with a server's default settings it is two hours. */
const FREE_WITHIN_MS = effort(15_000, 75_000);

interface TwoHosts {
  market: SharedMarket;
  hosts: Host[];
}

group('two hosts', (test) => {
  const programs = findServerPrograms();
  const reason = programs ? hostsSkipReason() : 'no PostgreSQL server programs here';
  if (!programs || reason) return test.skip('all', reason ?? '');

  test(
    'run the same and different commands concurrently, and lose nothing',
    () =>
      withTwoHosts(programs, async ({ market, hosts }) => {
        const losses: string[] = [];
        let tried = 0;
        for (let round = 0; round < ROUNDS; round += 1) {
          const hours = String(24 + 4 * round);
          const commands = hosts.flatMap((host, i) => [
            [host, 'ingest', ...(i === 0 ? SYMBOLS : [...SYMBOLS].reverse())] as const,
            [host, 'backfill', SYMBOLS[i]!, SYMBOLS[2], '--hours', hours] as const,
            [host, i === 0 ? 'rebuild' : 'clean', ...SYMBOLS] as const,
          ]);
          const ends = await Promise.all(
            commands.map(async ([host, ...argv]) => ({ argv, end: await market.startOn(host, ...argv).ended })),
          );
          tried += ends.length;
          for (const { argv, end } of ends)
            // 3 and 11: the other host holds the lock
            if (![0, 3, 11].includes(end.exitCode ?? -1))
              losses.push(`${argv.join(' ')}: ${end.exitCode} ${end.stderr}`);
          market.exchange.clock.advance(60_000);
        }
        losses.push(...(await completeSymbols(market)), ...(await findDamage(market)));
        concludeTrial({ fault: 'two hosts working on the same symbols in one database', tried, unit: 'runs', losses });
      }),
    LIMIT,
  );

  test(
    'a host whose network is cut during a job blocks the other one only for a short time',
    () =>
      withTwoHosts(programs, async ({ market, hosts }) => {
        const losses: string[] = [];
        for (let round = 0; round < CUTS; round += 1)
          losses.push(...(await cutOnce(market, hosts as [Host, Host], round)));
        losses.push(...(await completeSymbols(market)), ...(await findDamage(market)));
        concludeTrial({
          fault: "a host's network cut during a job",
          tried: CUTS,
          unit: 'cuts',
          losses,
          seed: RUN_SEED,
        });
      }),
    LIMIT,
  );
});

/** Disconnects one host during a backfill: the other one continues, gets the lock, and completes the job. */
async function cutOnce(market: SharedMarket, [silent, other]: [Host, Host], round: number): Promise<string[]> {
  const losses: string[] = [];
  const expect = (what: string, exitCode: number | null, stderr: string) => {
    if (exitCode !== 0) losses.push(`${what}: ${exitCode} ${stderr}`);
  };
  const symbol = SYMBOLS[round]!;
  market.exchange.faults.always(fault.slow(effort(3000, 600)), { path: 'klines' });
  const backfill = market.startOn(silent, 'backfill', symbol, '--days', String(DAYS));
  while ((await countJobLocks(market)) === 0) await sleep(20);
  await sleep((RUN_SEED * (round + 1)) % 1500);
  silent.disconnect();
  const cutAt = Date.now();
  market.exchange.faults.clear();
  const ingest = await market.startOn(other, 'ingest', ...SYMBOLS.filter((name) => name !== symbol)).ended;
  expect('the ingest meanwhile', ingest.exitCode, ingest.stderr);
  while ((await countJobLocks(market)) > 0 && Date.now() - cutAt < FREE_WITHIN_MS) await sleep(100);
  const freeAfterMs = Date.now() - cutAt;
  if (freeAfterMs >= FREE_WITHIN_MS) losses.push(`the lock was not free after ${freeAfterMs} ms`);
  else if (isLongRun) process.stdout.write(`the locks were free ${freeAfterMs} ms after the cut\n`);
  const repeat = await market.startOn(other, 'backfill', symbol, '--days', String(DAYS)).ended;
  expect('the repeat on the other host', repeat.exitCode, repeat.stderr);
  backfill.kill('SIGKILL');
  if ((await backfill.ended).exitCode === 0) losses.push('the backfill finished although its network was cut');
  silent.reconnect();
  const again = await market.startOn(silent, 'backfill', symbol, '--days', String(DAYS)).ended;
  expect('the repeat on the same host', again.exitCode, again.stderr);
  return losses;
}

async function countJobLocks({ inspect }: SharedMarket): Promise<number> {
  const { rows } = await inspect(({ knex }) => knex.raw<{ rows: { count: string }[] }>(JOB_LOCKS));
  return Number(rows[0]!.count);
}

/** Starts a database server and an exchange that both hosts reach. */
async function withTwoHosts<T>(programs: string, work: (world: TwoHosts) => Promise<T>): Promise<T> {
  const cluster = await startCluster(programs, { fsync: 'off', listen_addresses: '*', ...SETTINGS });
  await createRoles(cluster.url);
  const market = await openSharedMarket({ through: (url) => url, server: cluster.url });
  try {
    return await withHosts(2, async (hosts) => {
      const port = Number(new URL(market.exchange.url).port);
      const stops = await Promise.all(hosts.map(({ address }) => forward(address, port)));
      try {
        return await work({ market, hosts });
      } finally {
        for (const stop of stops) stop();
      }
    });
  } finally {
    await market.close();
    await cluster.stop();
  }
}
