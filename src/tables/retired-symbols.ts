import { toArrayLiteral } from '../database/format/text-format.js';
import type { Db, Transaction } from '../database/store.js';

const SYMBOLS_TABLE = 'chartctl_symbols';

/** When and why a symbol was retired. */
export interface Retirement {
  /** By the database's clock. */
  retiredAt: Date;
  /** As it was given; null without one. */
  reason: string | null;
}

/** Every retired symbol. */
export async function findRetired(db: Db): Promise<Map<string, Retirement>> {
  const { rows } = await db.raw<{ rows: { symbol: string; retired_at: Date; reason: string | null }[] }>(
    `SELECT symbol, retired_at, reason FROM ${SYMBOLS_TABLE}`,
  );
  return new Map(rows.map(({ symbol, retired_at, reason }) => [symbol, { retiredAt: retired_at, reason }]));
}

/** Which of these symbols are retired. */
export async function findRetiredOf(db: Db, symbols: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { symbol: string }[] }>(
    `SELECT symbol FROM ${SYMBOLS_TABLE} WHERE symbol = ANY(?::text[])`,
    [toArrayLiteral(symbols)],
  );
  return new Set(rows.map(({ symbol }) => symbol));
}

/** Retires a symbol; returns its retirement, and whether it was retired before, which keeps the earlier time and reason. */
export async function retireSymbol(
  trx: Transaction,
  symbol: string,
  retirement: { reason: string | null; jobId: number },
): Promise<Retirement & { isNew: boolean }> {
  const { rows } = await trx.raw<{ rows: { retired_at: Date }[] }>(
    `INSERT INTO ${SYMBOLS_TABLE} (symbol, retired_at, reason, job_id) VALUES (?, clock_timestamp(), ?, ?)
     ON CONFLICT (symbol) DO NOTHING RETURNING retired_at`,
    [symbol, retirement.reason, retirement.jobId],
  );
  if (rows[0]) return { retiredAt: rows[0].retired_at, reason: retirement.reason, isNew: true };
  const earlier = (await findRetired(trx)).get(symbol);
  // an unretire may have ended between the two statements
  return earlier ? { ...earlier, isNew: false } : retireSymbol(trx, symbol, retirement);
}

/** Takes a retirement back; returns whether the symbol was retired. */
export async function unretireSymbol(trx: Transaction, symbol: string): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(`DELETE FROM ${SYMBOLS_TABLE} WHERE symbol = ? RETURNING 1`, [
    symbol,
  ]);
  return rows.length > 0;
}
