import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { floorMinute, HOUR_MS, MINUTE_MS } from '../../../src/core/minute.js';
import { withStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { generatedSource } from '../../../src/exchange/replay/candle-source.js';
import { type ProcessResult, startChartctl } from '../../harness/chartctl-process.js';
import { type Backend, databases } from '../../harness/databases.js';
import { group } from '../../harness/group.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { concludeTrial, effort, isLongRun } from '../../harness/trial.js';
import { fault } from '../../loopback/faults.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';

const SYMBOL = 'BTCUSDT';
/** The rest of the ban at the last check; longer than the test takes. */
const REMAINING_MS = 900_000;
/** The number of runs of each command during the ban. */
const TIMES = effort(1, 10);

interface BanWorld {
  exchange: Loopback;
  run: (argv: string, fallbacks?: boolean) => Promise<ProcessResult>;
  inspect: <T>(into: (store: Store) => Promise<T>) => Promise<T>;
  /** Requests to Binance since the last call. */
  countNewRequests: () => number;
  close: () => Promise<void>;
}

/** The exchange uses the real time: during a ban commands use the local clock. */
async function openBanWorld(backend: Backend): Promise<BanWorld> {
  const database = await backend.create();
  const { config } = database;
  const source = generatedSource([SYMBOL]);
  const exchange = await startLoopback({ binance: source, fallbacks: { bybit: source }, nowMs: Date.now() });
  exchange.clock.run();
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-ban-'));
  const place = databaseEnvironment(config);
  return {
    exchange,
    run: (argv, fallbacks = true) => {
      const choice = fallbacks ? {} : { CHARTCTL_FALLBACK: '' };
      const environment = { HOME: folder, ...place, ...exchange.environment, ...choice };
      return startChartctl(argv.split(' '), { cwd: folder, environment }).ended;
    },
    inspect: (into) => withStore(config, into),
    countNewRequests: () => {
      const asked = exchange.requests.filter((request) => request.exchange === 'binance').length;
      exchange.requests.length = 0;
      return asked;
    },
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The commands during the ban and their exit codes. */
const COMMANDS_DURING_BAN: readonly [argv: string, fallbacks: boolean, exitCode: number][] = [
  [`ingest ${SYMBOL}`, true, 0],
  [`ingest ${SYMBOL}`, false, 75],
  [`ingest ${SYMBOL} --metrics-file ban.prom`, true, 0],
  [`backfill ${SYMBOL} --hours 5`, true, 75],
  [`backfill ${SYMBOL} --hours 5 --fill-gaps`, true, 75],
  [`verify ${SYMBOL} --hours 1`, true, 75],
  [`clean ${SYMBOL} --repair`, true, 75],
  [`status ${SYMBOL} --sources`, true, 0],
  ['doctor', true, 0],
];

// in CI on one database only: each process takes a second to open the embedded one
for (const backend of isLongRun ? databases() : databases().slice(-1)) {
  group<BanWorld>(
    `an hour-long ban on ${backend.name}`,
    (test) => {
      test(
        'is remembered: no process sends a request to Binance until the hour is over by the database’s clock',
        async (world) => {
          await prepare(world);
          world.exchange.faults.next(fault.banned({ retryAfterSeconds: 3600 }), {
            exchange: 'binance',
            path: 'klines',
          });
          const banned = await world.run(`verify ${SYMBOL} --hours 1`);
          assert.equal([banned.exitCode, /IP banned/.test(banned.stderr)], [75, true], banned.stderr);
          world.countNewRequests();

          const losses: string[] = [];
          const tries = Array.from({ length: TIMES }, () => COMMANDS_DURING_BAN).flat();
          for (const [argv, fallbacks, exitCode] of tries) {
            if (argv.startsWith('ingest')) await loseNewestRow(world);
            const end = await world.run(argv, fallbacks);
            const sent = world.countNewRequests();
            if (sent > 0) losses.push(`${argv} sent ${sent} requests to Binance`);
            if (end.exitCode !== exitCode) losses.push(`${argv} ended with ${end.exitCode}: ${end.stderr}`);
          }
          await advanceDatabaseClock(world, HOUR_MS - REMAINING_MS);
          assert.is((await world.run(`verify ${SYMBOL} --hours 1`)).exitCode, 75, 'shortly before its end');
          if (world.countNewRequests() > 0) losses.push('a request was sent shortly before the end of the ban');
          await advanceDatabaseClock(world, REMAINING_MS);
          losses.push(...(await checkAfterBan(world)));
          concludeTrial({
            fault: `an hour-long ban, each command in its own process, ${backend.name}`,
            tried: tries.length,
            unit: 'commands',
            losses,
          });
        },
        { timeoutMs: effort(120_000, 900_000) },
      );
    },
    { setup: () => openBanWorld(backend), teardown: (world) => world.close() },
  );
}

/** Stores five hours of candles, removes some and flags one: every command needs the exchange. */
async function prepare(world: BanWorld): Promise<void> {
  await world.run('migrate');
  assert.is((await world.run(`backfill ${SYMBOL} --hours 5`)).exitCode, 0);
  const now = floorMinute(Date.now());
  await world.inspect(async ({ knex }) => {
    const rows = (minute: number) => knex('rolling_chart_data').where({ symbol: SYMBOL, timestamp: new Date(minute) });
    await rows(now - 90 * MINUTE_MS).delete();
    await rows(now - 80 * MINUTE_MS).update({ hasmissingdata: true });
  });
}

async function loseNewestRow({ inspect }: BanWorld): Promise<void> {
  const since = new Date(floorMinute(Date.now()) - 2 * MINUTE_MS);
  await inspect(({ knex }) =>
    knex('rolling_chart_data').where({ symbol: SYMBOL }).where('timestamp', '>=', since).delete(),
  );
}

/** Shortens the remembered ban. */
async function advanceDatabaseClock({ inspect }: BanWorld, durationMs: number): Promise<void> {
  await inspect(({ knex }) =>
    knex.raw(`UPDATE chartctl_throttle SET until = until - ? * interval '1 millisecond'`, [durationMs]),
  );
}

async function checkAfterBan(world: BanWorld): Promise<string[]> {
  const { exitCode, stderr } = await world.run(`backfill ${SYMBOL} --hours 5 --replace-fallback`);
  if (exitCode !== 0) return [`after the ban the backfill ended with ${exitCode}: ${stderr}`];
  const [from, to] = [5 * HOUR_MS, 5 * MINUTE_MS].map((ago) => new Date(floorMinute(Date.now()) - ago).toISOString());
  const verified = await world.run(`verify ${SYMBOL} --from ${from} --to ${to} --exit-code`);
  return verified.exitCode === 0 ? [] : [`after the ban ${verified.stdout}`];
}
