import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '../../../src/core/minute.js';
import type { DatabaseConfig } from '../../../src/database/database-config.js';
import { withStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { openMarket } from '../../../src/exchange/open-market.js';
import { generatedSource } from '../../../src/exchange/replay/candle-source.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import type { JobContext } from '../../../src/jobs/job.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { type Backend, serverUrl, type TestDatabase } from '../../harness/databases.js';
import { runStatement } from '../../harness/scratch-cluster.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';
import { WEEK_WITH_DUPLICATES } from '../../tables/adoption/legacy-shapes.js';
import { OLDER_SETS } from './kill-cases.js';

/** Copies a database, which must not be open. */
async function copyDatabase(of: DatabaseConfig): Promise<Pick<TestDatabase, 'config' | 'drop'>> {
  return of.kind === 'embedded' ? copyEmbedded(of.dataDir) : copyOnServer(of.url);
}

function copyEmbedded(from: string): Pick<TestDatabase, 'config' | 'drop'> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chartctl-embedded-'));
  cpSync(from, dataDir, { recursive: true });
  const drop = () => Promise.resolve(rmSync(dataDir, { recursive: true, force: true }));
  return { config: { kind: 'embedded', dataDir }, drop };
}

async function copyOnServer(from: string): Promise<Pick<TestDatabase, 'config' | 'drop'>> {
  const server = await serverUrl();
  if (!server) throw new Error('there is no PostgreSQL server');
  const name = `chartctl_copy_${randomBytes(6).toString('hex')}`;
  const url = new URL(from);
  await runStatement(server, `create database ${name} template ${url.pathname.slice(1)}`);
  url.pathname = `/${name}`;
  const drop = () => runStatement(server, `drop database if exists ${name} with (force)`);
  return { config: { kind: 'postgres', url: url.href }, drop };
}

/** Databases to copy for each try, and their exchange. */
export interface DamagedDatabases {
  exchange: Loopback;
  /** An existing table with duplicates, not migrated. */
  legacy: TestDatabase;
  /** Three symbols with every kind of damage that commands repair. */
  damaged: TestDatabase;
  /** The id of a job on all three symbols that can be undone. */
  undoable: number;
  /** A folder with older training sets, with the names that the exports write. */
  olderSets: string;
  close(): Promise<void>;
}

const NOW = Date.parse('2025-06-01T12:00:00Z');
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'DOGEUSDT'];
const at = (minutesAgo: number) => new Date(NOW - minutesAgo * MINUTE_MS).toISOString();

/** Creates them on a kind of database. */
export async function openDamagedDatabases(backend: Backend): Promise<DamagedDatabases> {
  const source = generatedSource(SYMBOLS);
  const exchange = await startLoopback({ binance: source, fallbacks: { bybit: source }, nowMs: NOW + 5_000 });
  exchange.hide('ETHUSDT', { from: Date.parse(at(900)), to: Date.parse(at(880)) });
  const [legacy, damaged] = [await backend.create(), await backend.create()];
  const olderSets = mkdtempSync(join(tmpdir(), 'chartctl-older-sets-'));
  await withStore(legacy.config, ({ knex }) => knex.raw(WEEK_WITH_DUPLICATES));
  const undoable = await withStore(damaged.config, async (store) => {
    const market = openMarket(exchange.config);
    return fill({ store, market }, olderSets);
  });
  const close = async () => {
    await exchange.close();
    for (const database of [legacy, damaged]) await database.drop();
    rmSync(olderSets, { recursive: true });
  };
  return { exchange, legacy, damaged, undoable, olderSets, close };
}

async function fill(context: JobContext, olderSets: string): Promise<number> {
  const { store } = context;
  await migrateStore(store, {});
  const to = NOW - 20 * MINUTE_MS; // the newest minutes are left for ingest
  for (const [i, symbol] of SYMBOLS.entries())
    await backfill(context, { symbols: [symbol], range: { from: to - (3 - i) * 1000 * MINUTE_MS, to } });
  for (const { out, format, split, isGzipped } of OLDER_SETS) {
    const range = { from: to - 300 * MINUTE_MS, to };
    await exportTrainingSet(context, { symbols: SYMBOLS, out: join(olderSets, out), format, split, isGzipped, range });
  }
  await damage(store, 400);
  const { jobId } = await clean(context, { symbols: SYMBOLS });
  await damage(store, 700);
  return jobId!;
}

/** Damages some minutes of every symbol by SQL, without an audit record. */
async function damage({ knex }: Store, minutesAgo: number): Promise<void> {
  const change = (set: string, first: number, minutes: number, table = 'UPDATE rolling_chart_data SET') =>
    knex.raw(`${table} ${set} WHERE timestamp >= ? AND timestamp < ?`, [
      at(minutesAgo - first),
      at(minutesAgo - first - minutes),
    ]);
  await change('', 0, 9, 'DELETE FROM rolling_chart_data');
  await change(`source = 'FALLBACK', close = close * 1.00001, high = high * 1.0001`, 20, 5);
  await change('low = -1', 30, 2);
  await change(`volume = 'NaN'`, 40, 1);
  await change('volume = volume * 1000', 50, 3);
  await change('hasMissingData = true', 60, 4);
  await change('close = close * 1.00001, high = high * 1.0001', 70, 2);
  await change('written_at = NULL, isComplete = false, rsi = 50', 80, 10);
  await change('rsi = rsi + 1', 100, 10);
  await change(`timestamp = timestamp + interval '7.5 s'`, 120, 3);
  await change(
    `SELECT symbol, timestamp + interval '21 s', open, high, low, close, volume, now() FROM rolling_chart_data`,
    130,
    3,
    'INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume, written_at)',
  );
}

/** The database and the folder of one try. */
export interface Place {
  database: Pick<TestDatabase, 'config' | 'drop'>;
  folder: string;
  remove(): Promise<void>;
}

/** Copies a database and the older training sets. */
export async function copyPlace(world: DamagedDatabases, which: 'legacy' | 'damaged'): Promise<Place> {
  const database = await copyDatabase(world[which].config);
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-kill-'));
  cpSync(world.olderSets, folder, { recursive: true });
  const remove = async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  };
  return { database, folder, remove };
}
