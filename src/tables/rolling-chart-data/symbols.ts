import type { Knex } from 'knex';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../core/failure.js';
import { isSymbol } from '../../core/symbol.js';
import { findErrorCode } from '../../database/connection/database-failure.js';
import type { DatabaseConfig } from '../../database/database-config.js';
import { withStore } from '../../database/open-store.js';
import { CHART_TABLE } from './columns.js';

/** Every symbol of the table, in order: one index look-up each, whatever the number of rows. */
export async function findSymbols(db: Knex): Promise<string[]> {
  const symbols: string[] = [];
  for await (const symbol of streamSymbols(db)) symbols.push(symbol);
  return symbols;
}

/** The symbols of the table from `from` on, in order, each when it is found. */
export async function* streamSymbols(db: Knex, from = ''): AsyncGenerator<string> {
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

/** Lies beside the embedded database: to open that one takes a second, and keeps jobs out meanwhile. */
const SYMBOLS_FILE = 'symbols.txt';

/** What a server may take to let us in, and then to answer: together less than a person notices as a hang. */
const CONNECT_TIMEOUT_MS = 700;
const ANSWER_TIMEOUT_MS = 400;

/**
 * The symbols of a database that begin with `prefix`, for a person who waits at a prompt: those found in time.
 *
 * Changes nothing and waits for nobody. A database that cannot be asked has none; of the embedded one it is what the
 * last jobs left written beside it.
 */
export async function findKnownSymbols(database: DatabaseConfig, prefix: string): Promise<string[]> {
  const known =
    database.kind === 'embedded' ? readRememberedSymbols(database.dataDir) : await querySymbols(database.url, prefix);
  return known.filter((symbol) => isSymbol(symbol) && symbol.startsWith(prefix));
}

/** Remembers symbols of the embedded database for `findKnownSymbols`; its directory must be there. */
export function rememberSymbols(dataDir: string, symbols: readonly string[]): void {
  const before = readRememberedSymbols(dataDir);
  if (symbols.every((symbol) => before.includes(symbol))) return;
  const all = [...new Set([...before, ...symbols])].sort();
  const file = join(dataDir, SYMBOLS_FILE);
  const draft = `${file}.tmp`;
  try {
    rmSync(draft, { force: true }); // a killed process left it; or it is a link, which must not be written through
    writeFileSync(draft, all.map((symbol) => `${symbol}\n`).join(''), { flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    // a job that wrote its candles has not failed because Tab will not know a symbol
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

function readRememberedSymbols(dataDir: string): string[] {
  try {
    return readFileSync(join(dataDir, SYMBOLS_FILE), 'utf8').split('\n').filter(isSymbol);
  } catch {
    return []; // no job has ended yet, or it may not be read: either way nothing is known
  }
}

async function querySymbols(url: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  const withShortTimeout = new URL(url);
  withShortTimeout.searchParams.set('connect_timeout', String(CONNECT_TIMEOUT_MS / 1000));
  try {
    await withStore({ kind: 'postgres', url: withShortTimeout.href }, ({ knex }) =>
      knex.transaction(async (trx) => {
        const deadline = Date.now() + ANSWER_TIMEOUT_MS;
        // a migration that holds the table would be waited for
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
