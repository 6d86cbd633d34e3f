import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../core/failure.js';
import { isSymbol } from '../../core/symbol.js';
import { findErrorCode } from '../../database/connection/database-failure.js';
import { withConnectTimeout } from '../../database/connection/url-parameters.js';
import type { DatabaseConfig } from '../../database/database-config.js';
import { withStore } from '../../database/open-store.js';
import type { Db } from '../../database/store.js';
import { findShardSymbols } from '../engine/citus/shard-symbols.js';
import { CHART_TABLE } from './columns.js';

/** Every symbol of the table, in order. */
export async function findSymbols(db: Db): Promise<string[]> {
  const symbols: string[] = [];
  for await (const symbol of streamSymbols(db)) symbols.push(symbol);
  return symbols;
}

/** The symbols of the table from `from` on, in order. */
async function* streamSymbols(db: Db, from = ''): AsyncGenerator<string> {
  const onShards = await findShardSymbols(db, from);
  if (onShards) yield* onShards;
  else yield* lookUpSymbols(db, from);
}

/** The symbols from `from` on: one index look-up for each, whatever the number of rows. */
async function* lookUpSymbols(db: Db, from: string): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const query = db(CHART_TABLE)
      .whereNotNull('symbol')
      .orderBy('symbol')
      .first<{ symbol: string } | undefined>('symbol');
    const found = await (after === undefined
      ? query.andWhere('symbol', '>=', from)
      : query.andWhere('symbol', '>', after));
    if (!found) return;
    after = found.symbol;
    yield after;
  }
}

/** A file beside the embedded database: opening the database takes a second and locks out jobs meanwhile. */
const SYMBOLS_FILE = 'symbols.txt';

/** Together they are short enough that completion in a shell does not seem to hang. */
const CONNECT_TIMEOUT_MS = 700;
const ANSWER_TIMEOUT_MS = 400;

/**
 * The symbols of a database that begin with `prefix`, for completion in a shell: those found before the timeout.
 *
 * Reads only and waits for no lock. The result is empty when the database cannot be reached. For the embedded database
 * it comes from the file that the last jobs wrote.
 */
export async function findKnownSymbols(database: DatabaseConfig, prefix: string): Promise<string[]> {
  const known =
    database.kind === 'embedded' ? readSavedSymbols(database.dataDir) : await querySymbols(database.url, prefix);
  return known.filter((symbol) => isSymbol(symbol) && symbol.startsWith(prefix));
}

/** Saves symbols of the embedded database for `findKnownSymbols`; its directory must exist. */
export function saveSymbols(dataDir: string, symbols: readonly string[]): void {
  const before = readSavedSymbols(dataDir);
  if (symbols.every((symbol) => before.includes(symbol))) return;
  const all = [...new Set([...before, ...symbols])].sort();
  const file = join(dataDir, SYMBOLS_FILE);
  const draft = `${file}.tmp`;
  try {
    rmSync(draft, { force: true }); // a killed process left it, or it is a link, which must not be followed
    writeFileSync(draft, all.map((symbol) => `${symbol}\n`).join(''), { flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    // a job does not fail because completion will miss a symbol
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

function readSavedSymbols(dataDir: string): string[] {
  try {
    return readFileSync(join(dataDir, SYMBOLS_FILE), 'utf8').split('\n').filter(isSymbol);
  } catch {
    return []; // no job has ended yet, or the file is not readable
  }
}

async function querySymbols(url: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  try {
    await withStore({ kind: 'postgres', url: withConnectTimeout(url, CONNECT_TIMEOUT_MS / 1000) }, ({ knex }) =>
      knex.transaction(async (trx) => {
        const deadline = Date.now() + ANSWER_TIMEOUT_MS;
        // a migration may hold a lock on the table
        await trx.raw(`SET LOCAL statement_timeout = ${ANSWER_TIMEOUT_MS}`);
        for await (const symbol of streamSymbols(trx, prefix)) {
          found.push(symbol);
          if (Date.now() > deadline) return;
        }
      }),
    );
  } catch (error) {
    if (!(error instanceof Failure) && findErrorCode(error) === undefined) throw error;
  }
  return found;
}
