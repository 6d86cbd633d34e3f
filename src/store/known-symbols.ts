import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseConfig } from '../core/config.js';
import { Failure } from '../core/failure.js';
import { isSymbol } from '../core/symbol.js';
import { streamSymbols } from './chart-rows.js';
import { errorCode } from './connection/database-failure.js';
import { withStore } from './store.js';

/** Lies beside the embedded database: to open that one takes a second, and keeps jobs out meanwhile. */
const FILE = 'symbols.txt';

/** What a server may take to let us in, and then to answer: together less than a person notices as a hang. */
const CONNECT_LIMIT_MS = 700;
const ANSWER_LIMIT_MS = 400;

/**
 * The symbols of a database that begin with `prefix`, for a person who waits at a prompt: those found in time.
 *
 * Changes nothing and waits for nobody. A database that cannot be asked has none; of the embedded one it is what the
 * last jobs left written beside it.
 */
export async function findKnownSymbols(database: DatabaseConfig, prefix: string): Promise<string[]> {
  const known = database.kind === 'embedded' ? readKnown(database.dataDir) : await askServer(database.url, prefix);
  return known.filter((symbol) => isSymbol(symbol) && symbol.startsWith(prefix));
}

/** Remembers symbols of the embedded database for `findKnownSymbols`; its directory must be there. */
export function rememberSymbols(dataDir: string, symbols: readonly string[]): void {
  const before = readKnown(dataDir);
  if (symbols.every((symbol) => before.includes(symbol))) return;
  const all = [...new Set([...before, ...symbols])].sort();
  const file = join(dataDir, FILE);
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

function readKnown(dataDir: string): string[] {
  try {
    return readFileSync(join(dataDir, FILE), 'utf8').split('\n').filter(isSymbol);
  } catch {
    return []; // no job has ended yet, or it may not be read: either way nothing is known
  }
}

async function askServer(url: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  const hasty = new URL(url);
  hasty.searchParams.set('connect_timeout', String(CONNECT_LIMIT_MS / 1000));
  try {
    await withStore({ kind: 'postgres', url: hasty.href }, ({ knex }) =>
      knex.transaction(async (trx) => {
        const deadline = Date.now() + ANSWER_LIMIT_MS;
        // a migration that holds the table would be waited for
        await trx.raw(`SET LOCAL statement_timeout = ${ANSWER_LIMIT_MS}`);
        for await (const symbol of streamSymbols(trx, prefix)) {
          found.push(symbol);
          if (Date.now() > deadline) return;
        }
      }),
    );
  } catch (error) {
    if (!(error instanceof Failure) && errorCode(error) === undefined) throw error;
  }
  return found;
}
