import knex from 'knex';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { PGDATA_DIRECTORY } from '../../../src/database/embedded/embedded.js';
import { openStore, withStore } from '../../../src/database/open-store.js';
import { toKnexConfig } from '../../../src/database/pool.js';
import { databases, type TestDatabase } from '../../harness/databases.js';
import { group } from '../../harness/group.js';

interface Embedded extends TestDatabase {
  config: { kind: 'embedded'; dataDir: string };
}

/** Gives each test its own database. */
function withDatabase(work: (config: Embedded['config']) => Promise<void>): () => Promise<void> {
  return async () => {
    const database = (await databases()[0]!.create()) as Embedded;
    try {
      await work(database.config);
    } finally {
      await database.drop();
    }
  };
}

async function failureToOpen(config: Embedded['config']): Promise<Failure> {
  const error = await openStore(config).then(
    () => assert.unreachable('it opened'),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, Failure);
  return error as Failure;
}

function startWriter(dataDir: string) {
  const args = ['--import', 'tsx', 'tests/harness/write-until-killed.ts', dataDir];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Starts a writer in another process and kills it after `batches` batches; returns the last one it reported. */
function writeAndKill(dataDir: string, batches: number, onBatch = () => Promise.resolve()): Promise<number> {
  const writer = startWriter(dataDir);
  let output = '';
  let checked: Promise<void> | undefined;
  writer.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length <= batches) return;
    checked ??= onBatch().finally(() => writer.kill('SIGKILL'));
  });
  return new Promise((resolve, reject) => {
    writer.once('close', () => {
      const last = Number(output.split('\n').at(-2));
      Promise.resolve(checked).then(() => resolve(last), reject);
    });
  });
}

group('the embedded database', (test) => {
  test('is created on first use, in a directory for its user only, and opened the next time', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'chartctl-first-'));
    try {
      const config = { kind: 'embedded', dataDir: join(parent, 'a', 'b') } as const;
      await withStore(config, (store) => store.knex.raw('create table kept (a int)').then());
      assert.is(statSync(config.dataDir).mode & 0o777, 0o700);
      await withStore(config, async (store) => assert.equal(await store.knex('kept').select(), []));
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  test('is created again when the process that created it was killed halfway', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'chartctl-halfway-'));
    try {
      const files = join(parent, PGDATA_DIRECTORY);
      const writer = startWriter(parent);
      const ended = once(writer, 'exit');
      while (!existsSync(join(files, 'PG_VERSION'))) await sleep(1);
      writer.kill('SIGKILL');
      await ended;
      assert.not.ok(existsSync(join(files, 'postmaster.pid')), 'it was already complete when it was killed');
      const config = { kind: 'embedded', dataDir: parent } as const;
      await withStore(config, (store) => store.knex.raw('create table kept (a int)').then());
      await withStore(config, async (store) => assert.equal(await store.knex('kept').select(), []));
      assert.equal(readdirSync(parent), [PGDATA_DIRECTORY]);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  test(
    'opening and closing it does not change the exit code',
    withDatabase(async (config) => {
      process.exitCode = 3;
      try {
        await withStore(config, () => Promise.resolve());
        assert.is(process.exitCode, 3);
      } finally {
        process.exitCode = undefined;
      }
    }),
  );

  test(
    'keeps its write-ahead log small',
    withDatabase((config) =>
      withStore(config, async (store) => {
        const { rows } = await store.knex.raw<{ rows: unknown[] }>(`select current_setting('max_wal_size') as size`);
        assert.equal(rows, [{ size: '64MB' }]);
      }),
    ),
  );

  test(
    'cannot be opened twice; the failure names the process that has it open',
    withDatabase((config) =>
      withStore(config, async () => {
        const failure = await failureToOpen(config);
        assert.is(failure.exitCode, 11);
        assert.match(failure.message, `"${config.dataDir}" is in use by process ${process.pid}`);
      }),
    ),
  );

  test(
    'a second connection beside an open transaction is refused, instead of waiting forever',
    withDatabase(async (config) => {
      const db = knex({ ...toKnexConfig(config), acquireConnectionTimeout: 5000 }); // the start of the database counts
      try {
        await db.raw('select 1');
        await db.transaction(async (trx) => {
          await trx.raw('select 1');
          await db.raw('select 1').then(
            () => assert.unreachable('it got a second connection'),
            (error: Error) => assert.match(error.message, 'Timeout acquiring a connection'),
          );
        });
      } finally {
        await db.destroy();
      }
    }),
  );

  test(
    'files of another PostgreSQL version are refused, naming that version',
    withDatabase(async (config) => {
      writeFileSync(join(config.dataDir, PGDATA_DIRECTORY, 'PG_VERSION'), '17\n');
      const failure = await failureToOpen(config);
      assert.is(failure.exitCode, 2);
      assert.match(failure.message, 'was created by PostgreSQL 17, expected 18');
    }),
  );

  test(
    'damaged files are a failure, and the directory is unlocked',
    withDatabase(async (config) => {
      rmSync(join(config.dataDir, PGDATA_DIRECTORY, 'global'), { recursive: true });
      const failure = await failureToOpen(config);
      assert.is(failure.exitCode, 1);
      assert.match(failure.message, 'could not be opened');
      assert.is((await failureToOpen(config)).exitCode, 1);
    }),
  );

  test(
    'a writer that is killed loses nothing that it reported as stored, and needs no clean-up',
    withDatabase(async (config) => {
      const last = await writeAndKill(config.dataDir, 20, async () => {
        assert.is((await failureToOpen(config)).exitCode, 11);
      });
      assert.ok(last >= 20, `only ${last} batches`);
      await withStore(config, async (store) => {
        const stored = await store.knex('batches').groupBy('batch').count('* as n').orderBy('batch').select('batch');
        assert.ok(stored.length >= last, `${stored.length} batches stored, ${last} acknowledged`);
        for (const { n } of stored) assert.is(n, '100');
      });
    }),
  );
});
