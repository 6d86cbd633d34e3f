import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import * as assert from 'uvu/assert';
import { withStore } from '../../../src/database/open-store.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import { group, type GroupTest } from '../../harness/group.js';
import {
  type Cluster,
  findServerPrograms,
  runStatement,
  startCluster,
  TEST_SETTINGS,
} from '../../harness/scratch-cluster.js';
import { concludeTrial } from '../../harness/trial.js';

const LIMIT_MS = 15_000;
/** Leaves nine connections for ordinary roles. */
const SETTINGS = { ...TEST_SETTINGS, max_connections: '12', superuser_reserved_connections: '3' };
/** A closed port: the exchange is requested only after the database has responded. */
const NO_EXCHANGE = { CHARTCTL_BINANCE_URL: 'http://127.0.0.1:9', CHARTCTL_FALLBACK: '' };
const COMMANDS = [['ingest', 'BTCUSDT'], ['rebuild', 'BTCUSDT'], ['status']];

interface World {
  primary: Cluster;
  standby: Cluster;
  /** The URL of the primary for an ordinary role. */
  url: string;
  folder: string;
  close: () => Promise<void>;
}

const programs = findServerPrograms();
if (!programs) {
  group('a server that refuses', (test) => test.skip('all of it', 'no PostgreSQL programs here'));
} else {
  group<World>('a server that refuses', declare, {
    setup: () => openWorld(programs),
    teardown: (world) => world.close(),
  });
}

function declare(test: GroupTest<World>): void {
  test('whose connections are all in use is a temporary failure', async (world) => {
    const taken = postgres(world.url, { max: 9, idle_timeout: 0 });
    try {
      await Promise.all(Array.from({ length: 9 }, () => taken`select pg_sleep(0.2)`));
      await conclude('PostgreSQL has no connection left (53300)', world, world.url, {
        exitCode: 75,
        says: /has no connection left.*\nhint: {2}try again later, or raise max_connections/,
      });
    } finally {
      await taken.end({ timeout: 1 });
    }
  });

  test('to write because it is a standby is reported as one; commands that only read work there', async (world) => {
    const { exitCode, stderr } = await type(world, world.standby.url, ['status']);
    assert.is(exitCode, 0, stderr);
    await conclude('PostgreSQL is a hot standby (25006)', world, world.standby.url, {
      exitCode: 1,
      says: /is read-only.*\nhint: {2}connect to the primary server/,
      commands: COMMANDS.filter(([name]) => name !== 'status'),
    });
  });

  test('that accepts no connections now is a temporary failure', async (world) => {
    const last = postgres(world.url, { max: 1 });
    try {
      await last`select 1`;
      world.primary.shutDown();
      await waitUntilShut(world.url);
      await conclude('PostgreSQL is shutting down or starting up (57P03)', world, world.url, {
        exitCode: 75,
        says: /is starting up or shutting down.*\nhint: {2}check that it runs/,
      });
    } finally {
      await last.end({ timeout: 1 });
    }
  });
}

/** The expected exit code and message. */
interface Expected {
  exitCode: number;
  says: RegExp;
  commands?: readonly (readonly string[])[];
}

async function conclude(
  fault: string,
  world: World,
  url: string,
  { exitCode, says, commands = COMMANDS }: Expected,
): Promise<void> {
  const losses: string[] = [];
  for (const argv of commands) {
    const began = performance.now();
    const end = await type(world, url, argv);
    const took = performance.now() - began;
    if (end.exitCode !== exitCode || !says.test(end.stderr))
      losses.push(`${argv[0]} ended with ${end.exitCode}: ${end.stderr}`);
    if (took > LIMIT_MS) losses.push(`${argv[0]} took ${Math.round(took)} ms`);
  }
  concludeTrial({ fault, tried: commands.length, unit: 'commands', losses });
}

function type({ folder }: World, url: string, argv: readonly string[]): Promise<ProcessResult> {
  return runInProcess(argv, { cwd: folder, env: { ...NO_EXCHANGE, DATABASE_URL: url } });
}

async function openWorld(programs: string): Promise<World> {
  const primary = await startCluster(programs, SETTINGS);
  await withStore({ kind: 'postgres', url: primary.url }, async (store) => {
    await migrateStore(store);
    await store.knex.raw('CREATE ROLE ordinary LOGIN');
    await store.knex.raw('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ordinary');
  });
  const standby = await startCluster(programs, SETTINGS, { standbyOf: primary.url });
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-refusals-'));
  const close = async () => {
    await standby.stop();
    await primary.stop();
    rmSync(folder, { recursive: true });
  };
  const url = Object.assign(new URL(primary.url), { username: 'ordinary' }).href;
  return { primary, standby, url, folder, close };
}

async function waitUntilShut(url: string): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while (Date.now() < limit) {
    const code = await runStatement(url, 'select 1').then(
      () => '',
      (error: unknown) => (error as { code?: string }).code,
    );
    if (code === '57P03') return;
  }
  throw new Error('the server still accepts connections');
}
