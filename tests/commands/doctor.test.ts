import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { withStore } from '../../src/database/open-store.js';
import type { Store } from '../../src/database/store.js';
import { generatedSource } from '../../src/exchange/replay/candle-source.js';
import type { CheckResult } from '../../src/jobs/doctor/check-result.js';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { runStatement } from '../harness/scratch-cluster.js';
import { databaseEnvironment } from '../harness/shell-world.js';
import { fault } from '../loopback/faults.js';
import { type Loopback, startLoopback } from '../loopback/start-loopback.js';
import { type ProcessResult, runInProcess } from './run-in-process.js';

interface World {
  folder: string;
  exchange: Loopback;
  variables: Record<string, string>;
  /** A superuser's URL of the database; undefined for the embedded one. */
  url: string | undefined;
  run: (...argv: string[]) => Promise<ProcessResult>;
  /** The state of each check, by its name. */
  examine: (variables?: Record<string, string>, ...argv: string[]) => Promise<Examined>;
  look: <T>(into: (store: Store) => Promise<T>) => Promise<T>;
  close: () => Promise<void>;
}

interface Examined {
  exitCode: number;
  tookMs: number;
  states: Record<string, string>;
  finding: (check: string) => CheckResult;
}

const JOB_SQL = `INSERT INTO chartctl_jobs (command, host, pid, started_at, finished_at, outcome, exit_code, error)`;

for (const backend of databases()) {
  group<World>(
    `chartctl doctor on ${backend.name}`,
    (test) => {
      const isServer = backend.name === 'PostgreSQL';

      test('before the first job it names the command to begin with, and changes nothing', async ({
        examine,
        folder,
      }) => {
        const before = readdirSync(folder, { recursive: true });
        const empty = isServer ? {} : { CHARTCTL_DATA_DIR: join(folder, 'nothing') };
        const { exitCode, states, finding } = await examine(empty);
        if (isServer) {
          assert.equal([finding('schema').state, finding('schema').remedy], ['fail', 'chartctl migrate']);
          assert.is(exitCode, 2);
        } else {
          assert.equal([states.database, finding('database').remedy], ['warn', 'chartctl backfill BTCUSDT --hours 12']);
          assert.is(exitCode, 0);
        }
        assert.equal(readdirSync(folder, { recursive: true }), before);
      });

      if (isServer) {
        test('a table of the platform in another schema is named, before and after a second one is made', async ({
          run,
          examine,
          url,
        }) => {
          await runStatement(url!, 'CREATE SCHEMA market; CREATE TABLE market.rolling_chart_data (symbol text)');
          const before = (await examine()).finding('schema');
          assert.match(before.remedy!, /^there is a table market\.rolling_chart_data, .*SET search_path = "market"/);
          await run('migrate', '--new-table');
          const { found, state, remedy } = (await examine()).finding('other tables');
          assert.is(state, 'warn');
          assert.match(found, 'rolling_chart_data is empty, but there is a table market.rolling_chart_data');
          assert.match(remedy!, '; DROP TABLE public.rolling_chart_data; ');
          await runStatement(url!, 'DROP SCHEMA market CASCADE');
          assert.not('other tables' in (await examine()).states);
        });
      }

      if (!isServer) {
        test('an embedded database that was never migrated is fine: any job migrates it', async ({
          examine,
          folder,
        }) => {
          const dataDir = join(folder, 'unmigrated');
          await withStore({ kind: 'embedded', dataDir }, () => Promise.resolve());
          const { exitCode, states, finding } = await examine({ CHARTCTL_DATA_DIR: dataDir });
          rmSync(dataDir, { recursive: true });
          assert.equal([exitCode, states.database, states['local clock']], [0, 'ok', 'ok']);
          assert.equal([finding('schema').state, finding('schema').remedy], ['warn', 'any job migrates it']);
        });
      }

      test('all checks pass after an ingest, a backfill and a clean', async ({ run, examine }) => {
        await run('migrate');
        await run('ingest', 'BTCUSDT', 'ETHUSDT');
        await run('backfill', 'BTCUSDT', 'ETHUSDT');
        await run('clean', '--all', '--sigma', '100');
        const { exitCode, states, finding } = await examine();
        assert.is(exitCode, 0);
        assert.equal(
          Object.entries(states).filter(([, state]) => state !== 'ok'),
          [],
        );
        const looked = ['configuration', 'Node', 'database', 'database clock', 'schema', 'permissions', 'size'];
        const also = ['rate limit', 'last ingest', 'last backfill', 'last clean', 'windows', 'local clock', 'symbols'];
        for (const check of [...looked, ...also, 'fallback okx']) assert.ok(check in states, check);
        assert.is('disk' in states, !isServer);
        assert.match(finding('database').found, /: PostgreSQL 1\d.*, open after \d+ ms, answers in \d+ ms$/);
        assert.match(finding('windows').found, 'ready for all of 2 symbols');
        assert.match(finding('symbols').found, 'Binance trades all 2');
      });

      test('the text has a line for each check, its remedy below, and the counts', async ({ run }) => {
        const { stdout, exitCode } = await run('doctor', 'BTCUSDT', 'NOPEUSDT');
        assert.is(exitCode, 1);
        assert.match(stdout, /^ok {4}schema +current$/m);
        assert.match(
          stdout,
          /^fail {2}symbols +Binance does not know the symbol "NOPEUSDT"\n +do: expected a spot symbol/m,
        );
        assert.match(
          stdout,
          /^warn {2}windows +not ready for 1 of 2 symbols: NOPEUSDT 0 valid, 600 missing\n +do: chartctl status NOPEUSDT$/m,
        );
        assert.match(stdout, /\n\n\d+ ok, 1 to look at, 1 failed\n$/);
      });

      test('an exchange that refuses this country, and one that is down, are named with a remedy', async (world) => {
        world.exchange.faults.always(fault.restricted(), { exchange: 'binance' });
        world.exchange.faults.always(fault.serverError(), { exchange: 'okx' });
        const { exitCode, finding, tookMs } = await world.examine();
        world.exchange.faults.clear();
        assert.is(exitCode, 75);
        const host = finding(`Binance ${new URL(world.exchange.url).host}`);
        assert.match(host.found, 'does not serve this location (451)');
        assert.match(host.remedy!, 'data-api.binance.vision');
        assert.equal([finding('fallback okx').state, finding('fallback bybit').state], ['warn', 'ok']);
        assert.ok(tookMs < 11_000, `${tookMs} ms`);
      });

      test('a run that is stopped reports the stop and no results', async ({ folder, variables }) => {
        const { exitCode, stdout } = await runInProcess(['doctor'], { cwd: folder, env: variables, isStopped: true });
        assert.equal([exitCode, stdout], [130, '']);
      });

      test('one reachable host of Binance is enough', async ({ examine, exchange }) => {
        const urls = `http://127.0.0.1:1,${exchange.url}`;
        const { exitCode, states } = await examine({ CHARTCTL_BINANCE_URL: urls });
        assert.is(exitCode, 0);
        assert.is(states['Binance 127.0.0.1:1'], 'warn');
      });

      test('a wrong local clock is a warning with its difference and direction', async ({ examine, exchange }) => {
        exchange.clock.advance(90_000);
        const { states, finding } = await examine();
        exchange.clock.advance(-90_000);
        assert.is(states['local clock'], 'warn');
        assert.match(finding('local clock').found, /^(89|90)\.\d s behind Binance's; Binance's clock is used$/);
      });

      test('a schedule that stopped, and a job that was killed, are reported', async (world) => {
        await world.look(async ({ knex }) => {
          await knex.raw('DELETE FROM chartctl_jobs');
          const end = `clock_timestamp(), 'failed', 1, 'the disk is full'`;
          await knex.raw(`${JOB_SQL} VALUES ('ingest', 'elsewhere', 1, now() - interval '4 min', ${end}),
            ('backfill', 'elsewhere', 1, now() - interval '90 min', ${end})`);
          await knex.raw(
            `INSERT INTO chartctl_jobs (command, host, pid, started_at) VALUES
            ('rebuild', ?, 4194304, now() - interval '2 h'), ('rebuild', 'elsewhere', 4194304, now())`,
            [hostname()],
          );
        });
        const { exitCode, finding } = await world.examine();
        assert.is(exitCode, 0);
        assert.match(finding('last ingest').found, /^4 min ago, job \d+: overdue$/);
        assert.match(finding('last backfill').found, /^90 min ago, job \d+, ended as failed: the disk is full$/);
        assert.is(finding('last clean').remedy, 'chartctl schedule crontab');
        assert.match(
          finding('unfinished jobs').found,
          /^job \d+, rebuild, started 2 h ago and died without reporting$/,
        );
      });

      test('no request is sent to Binance during a ban', async ({ look, examine, exchange }) => {
        await look(({ knex }) =>
          knex.raw(`INSERT INTO chartctl_throttle VALUES ('binance', now() + interval '1 min', 'IP banned', now())`),
        );
        exchange.requests.length = 0;
        const { states, finding } = await examine();
        await look(({ knex }) => knex.raw('DELETE FROM chartctl_throttle'));
        assert.equal(
          exchange.requests.filter((request) => request.exchange === 'binance'),
          [],
        );
        assert.is(states['rate limit'], 'warn');
        assert.match(finding('rate limit').found, /^no requests to Binance until .*: IP banned$/);
      });

      test('a metrics file that cannot be written is reported', async ({ examine, folder }) => {
        const bad = await examine({ CHARTCTL_METRICS_FILE: join(folder, 'nowhere', 'x.prom') });
        assert.is(bad.states['metrics file'], 'warn');
        const before = readdirSync(folder, { recursive: true });
        assert.is((await examine({}, '--metrics-file', join(folder, 'x.prom'))).states['metrics file'], 'ok');
        assert.is((await examine({ CHARTCTL_METRICS_FILE: 'x.prom' })).states['metrics file'], 'ok');
        assert.equal(readdirSync(folder, { recursive: true }), before, 'the check creates no file');
        mkdirSync(join(folder, 'is.prom'));
        assert.match(
          (await examine({}, '--metrics-file', 'is.prom')).finding('metrics file').found,
          'not a regular file',
        );
        rmSync(join(folder, 'is.prom'), { recursive: true });
      });

      test('an invalid configuration is a result, and the other checks run', async ({ examine, folder }) => {
        writeFileSync(join(folder, 'chartctl.config.json'), '{ "sigma": "many", "colour": "blue" }');
        const { exitCode, states, finding } = await examine();
        rmSync(join(folder, 'chartctl.config.json'));
        assert.is(exitCode, 2);
        assert.match(finding('configuration').found, /sigma.*colour|colour.*sigma/s);
        assert.equal([states.database, states.schema], ['ok', 'ok']);
        const wrong = await examine({ DATABASE_URL: 'mysql://me:hunter2@h/x' });
        assert.equal([wrong.states.configuration, wrong.states.database], ['fail', undefined]);
        assert.is(wrong.states['local clock'], 'ok');
      });

      test('a database that is down or silent is given up soon, and the exchanges are still checked', async ({
        examine,
      }) => {
        const down = await examine({ DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/charts' });
        assert.is(down.exitCode, 75);
        assert.match(down.finding('database').found, 'refused the connection');
        assert.is(down.states['local clock'], 'ok');
        const silent = createServer().listen(0, '127.0.0.1');
        await new Promise((resolve) => silent.once('listening', resolve));
        const { port } = silent.address() as AddressInfo;
        const { exitCode, states, tookMs } = await examine({ DATABASE_URL: `postgres://me@127.0.0.1:${port}/charts` });
        silent.close();
        assert.equal([exitCode, states.database, states['local clock']], [75, 'fail', 'ok']);
        assert.ok(tookMs < 9_000, `${tookMs} ms`);
      });

      test('each silent exchange is named', async ({ examine }) => {
        const sockets: Socket[] = [];
        const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
        await new Promise((resolve) => silent.once('listening', resolve));
        const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
        const { exitCode, states, tookMs } = await examine({
          CHARTCTL_BINANCE_URL: url,
          CHARTCTL_BYBIT_URL: url,
          CHARTCTL_OKX_URL: url,
        });
        for (const socket of sockets) socket.destroy();
        silent.close();
        assert.is(exitCode, 75);
        assert.is(states[`Binance ${new URL(url).host}`], 'fail');
        assert.equal([states['fallback bybit'], states['fallback okx']], ['warn', 'warn']);
        assert.ok(tookMs < 9_000, `${tookMs} ms`);
      });

      if (!isServer) {
        test('an embedded database that another process has open is not opened', async ({ examine, variables }) => {
          const owner = {
            pid: process.ppid,
            host: hostname(),
            processStart: '',
            command: 'chartctl ingest',
            since: 'noon',
            token: 't',
          };
          const lock = join(variables.CHARTCTL_DATA_DIR!, 'chartctl.lock');
          writeFileSync(lock, JSON.stringify(owner));
          const { exitCode, states, finding } = await examine();
          rmSync(lock);
          assert.is(exitCode, 0);
          assert.equal([states.database, states.disk, states.schema], ['warn', 'ok', undefined]);
          assert.match(finding('database').found, `in use by process ${process.ppid} (chartctl ingest, since noon)`);
        });
        return;
      }

      test('a locked table fails its own checks only, within ten seconds', async ({ examine, look }) => {
        await look(async ({ knex }) => {
          await knex.transaction(async (trx) => {
            await trx.raw('LOCK TABLE rolling_chart_data');
            const { exitCode, states, finding, tookMs } = await examine();
            assert.is(exitCode, 75);
            assert.equal([states.schema, states.permissions, states['local clock']], ['ok', 'ok', 'ok']);
            assert.match(finding('database').found, 'PostgreSQL');
            assert.is(finding('rest of the database').state, 'fail');
            assert.match(finding('rest of the database').found, 'a table is locked');
            assert.ok(tookMs < 9_000, `${tookMs} ms`);
          });
        });
      });

      test('missing privileges of the role are named, with the grants', async ({ examine, url }) => {
        await runStatement(url!, 'DROP ROLE IF EXISTS doctor_reader');
        await runStatement(url!, 'CREATE ROLE doctor_reader LOGIN');
        await runStatement(url!, 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO doctor_reader');
        await runStatement(url!, 'GRANT INSERT, UPDATE, DELETE ON rolling_chart_data TO doctor_reader');
        const reader = new URL(url!);
        reader.username = 'doctor_reader';
        const { exitCode, finding } = await examine({ DATABASE_URL: reader.href });
        assert.is(exitCode, 1);
        assert.match(finding('permissions').found, 'doctor_reader lacks INSERT on chartctl_archive_files; ');
        assert.match(finding('permissions').remedy!, 'GRANT INSERT, UPDATE ON chartctl_jobs TO "doctor_reader"');
        assert.not.match(finding('permissions').found, 'rolling_chart_data');
        await runStatement(url!, 'GRANT ALL ON ALL TABLES IN SCHEMA public TO doctor_reader');
        await runStatement(url!, 'ALTER TABLE rolling_chart_data ENABLE ROW LEVEL SECURITY');
        const held = await examine({ DATABASE_URL: reader.href });
        assert.equal(
          [held.finding('permissions').state, held.finding('permissions').remedy],
          ['warn', 'ALTER ROLE "doctor_reader" BYPASSRLS'],
        );
        await runStatement(url!, 'ALTER TABLE rolling_chart_data DISABLE ROW LEVEL SECURITY');
        reader.searchParams.set('default_transaction_read_only', 'on');
        assert.is((await examine({ DATABASE_URL: reader.href })).finding('writing').state, 'fail');
        reader.searchParams.delete('default_transaction_read_only');
        await runStatement(url!, 'REVOKE ALL ON chartctl_migrations, chartctl_jobs FROM doctor_reader');
        const blind = await examine({ DATABASE_URL: reader.href });
        assert.match(blind.finding('permissions').remedy!, 'GRANT SELECT ON chartctl_migrations TO "doctor_reader"');
        assert.equal([blind.exitCode, blind.states['rest of the database']], [1, undefined]);
        await runStatement(url!, 'DROP OWNED BY doctor_reader');
        await runStatement(url!, 'DROP ROLE doctor_reader');
      });
    },
    { setup: () => openWorld(backend), teardown: ({ close }) => close() },
  );
}

async function openWorld(backend: ReturnType<typeof databases>[number]): Promise<World> {
  const database = await backend.create();
  const { config, superuser } = database;
  const source = generatedSource(['BTCUSDT', 'ETHUSDT']);
  const exchange = await startLoopback({
    binance: source,
    fallbacks: { bybit: source, okx: source },
    nowMs: Date.now(),
  });
  exchange.clock.run();
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-doctor-'));
  const variables = { ...exchange.environment, ...databaseEnvironment(config) };
  const runWith = (more: Record<string, string>, ...argv: string[]) =>
    runInProcess(argv, { cwd: folder, env: { ...variables, ...more } });
  return {
    folder,
    exchange,
    variables,
    url: superuser.kind === 'postgres' ? superuser.url : undefined,
    run: (...argv) => runWith({}, ...argv),
    examine: async (more = {}, ...argv) => {
      const begun = performance.now();
      const { stdout, stderr } = await runWith(more, 'doctor', '--json', ...argv);
      const tookMs = performance.now() - begun;
      assert.not.match(stdout + stderr, 'hunter2');
      const document = JSON.parse(stdout) as { exitCode: number; checks: CheckResult[] };
      const finding = (check: string) => {
        const found = document.checks.find((candidate) => candidate.check === check);
        if (!found) throw new Error(`nothing was found about ${check}: ${stdout}`);
        return found;
      };
      const states = Object.fromEntries(document.checks.map(({ check, state }) => [check, state]));
      return { exitCode: document.exitCode, tookMs, states, finding };
    },
    look: (into) => withStore(config, into),
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}
