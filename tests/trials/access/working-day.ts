import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floorMinute, MINUTE_MS } from '../../../src/core/minute.js';
import { withStore } from '../../../src/database/open-store.js';
import type { Store } from '../../../src/database/store.js';
import { generateCandles } from '../../../src/exchange/replay/generate-candles.js';
import { type ProcessResult, runInProcess } from '../../commands/run-in-process.js';
import type { Backend, TestDatabase } from '../../harness/databases.js';
import { databaseEnvironment } from '../../harness/shell-world.js';
import { fault } from '../../loopback/faults.js';
import { memorySource } from '../../loopback/memory-source.js';
import { type Loopback, startLoopback } from '../../loopback/start-loopback.js';

/** A migrated database, an exchange, and the daily commands. */
export interface WorkingWorld {
  database: TestDatabase;
  exchange: Loopback;
  folder: string;
  type: (...argv: string[]) => Promise<ProcessResult>;
  typeWith: (variables: Record<string, string>, ...argv: string[]) => Promise<ProcessResult>;
  asOwner: <T>(work: (store: Store) => Promise<T>) => Promise<T>;
  /** Runs each daily command on new symbols, so that each has something to do. */
  runDay: () => Promise<Command[]>;
  close: () => Promise<void>;
}

/** A command line that was run, and how it ended. */
export interface Command extends ProcessResult {
  argv: readonly string[];
}

/** The local time: the database's clock decides when to retry. */
const NOW = floorMinute(Date.now());
/** Enough for a warm-up and rows to export. */
const MINUTES = 700;
const HOLE = { from: NOW - 120 * MINUTE_MS, to: NOW - 110 * MINUTE_MS };
const SPIKE = NOW - 60 * MINUTE_MS;

export async function openWorkingWorld(backend: Backend): Promise<WorkingWorld> {
  const database = await backend.createMigrated();
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-access-'));
  const source = memorySource();
  const exchange = await startLoopback({ binance: source, fallbacks: { bybit: source }, nowMs: NOW + 5_000 });
  const environment = { ...exchange.environment, ...databaseEnvironment(database.daily) };
  const typeWith = (variables: Record<string, string>, ...argv: string[]) =>
    runInProcess(argv, { cwd: folder, env: { ...environment, ...variables } });
  let day = 0;
  const world: WorkingWorld = {
    database,
    exchange,
    folder,
    typeWith,
    type: (...argv) => typeWith({}, ...argv),
    asOwner: (work) => withStore(database.config, work),
    runDay: async () => {
      day += 1;
      const pair = [`A${day}USDT`, `B${day}USDT`];
      for (const symbol of pair) {
        source.put(symbol, withSpike(symbol));
        exchange.hide(symbol, HOLE);
      }
      source.put(`C${day}USDT`, withSpike(`C${day}USDT`));
      return runDailyCommands(world, pair, `C${day}USDT`);
    },
    close: async () => {
      await exchange.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
  return world;
}

function withSpike(symbol: string) {
  const candles = generateCandles(symbol, { from: NOW - MINUTES * MINUTE_MS, to: NOW });
  return candles.map((candle) => (candle.openTime === SPIKE ? { ...candle, volume: candle.volume * 1000 } : candle));
}

async function runDailyCommands(
  { type, exchange, asOwner, folder }: WorkingWorld,
  pair: string[],
  late: string,
): Promise<Command[]> {
  const done: Command[] = [];
  const run = async (...argv: string[]) => {
    done.push({ argv, ...(await type(...argv)) });
  };
  const [one = ''] = pair;
  await run('ingest', ...pair);
  await run('backfill', ...pair, '--minutes', String(MINUTES));
  await asOwner(({ knex }) => misplaceRow(knex, one));
  await run('clean', ...pair);
  await run('clean', one, '--accept', 'all-open', '--reason', 'listing day');
  await run('undo', String(await asOwner(({ knex }) => findLastJob(knex, 'clean'))));
  await asOwner(({ knex }) => knex.raw(`UPDATE chartctl_gaps SET ask_again_at = now() - interval '1 h'`));
  exchange.reveal();
  await run('backfill', ...pair, '--minutes', String(MINUTES));
  await run('rebuild', one);
  await run('verify', one);
  await run('export-training-set', one, '--out', join(folder, 'rows.csv'));
  await run('check-retrain', one, '--mark-trained');
  await run('check-retrain', one);
  for (const command of ['jobs', 'history', 'status']) await run(command, one);
  exchange.faults.always(fault.banned({ retryAfterSeconds: 60 }), { exchange: 'binance' });
  await run('backfill', late, '--minutes', '30', '--max-wait', '0');
  exchange.faults.clear();
  await asOwner(({ knex }) => knex.raw('DELETE FROM chartctl_throttle'));
  return done;
}

/** Inserts a row half a minute off, which clean moves or removes. */
function misplaceRow(knex: Store['knex'], symbol: string) {
  return knex.raw(
    `INSERT INTO rolling_chart_data (symbol, timestamp, open, high, low, close, volume)
     SELECT symbol, timestamp + interval '30 s', open, high, low, close, volume FROM rolling_chart_data
     WHERE symbol = ? ORDER BY timestamp LIMIT 1`,
    [symbol],
  );
}

async function findLastJob(knex: Store['knex'], command: string): Promise<number> {
  const { rows } = await knex.raw<{ rows: { id: string | null }[] }>(
    'SELECT max(id) AS id FROM chartctl_jobs WHERE command = ?',
    [command],
  );
  return Number(rows[0]?.id ?? 0);
}
