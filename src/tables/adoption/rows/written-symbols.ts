import { isSymbol, suggestSymbol } from '../../../core/symbol.js';
import type { Db } from '../../../database/store.js';
import { currentName, type LegacyTable } from '../legacy-table.js';

/** Other spellings of one symbol in a legacy table. */
export interface RespeltSymbol {
  /** The symbol as Binance writes it. */
  symbol: string;
  /** How the table spells it, with numbers of rows; the rows of a minute that are kept come first. */
  spellings: { text: string; count: number }[];
  /** Rows that would have the symbol and timestamp of another row once they were renamed. */
  collisions: number;
}

/** The symbols of a legacy table that are not spelt as Binance does. */
export interface WrittenSymbols {
  respelt: RespeltSymbol[];
  /** Texts that no command accepts, and for which no symbol is known. */
  invalid: string[];
}

/**
 * Reads how the table spells its symbols.
 *
 * @param from the rows to adopt, as an item of FROM
 */
export async function findWrittenSymbols(db: Db, table: LegacyTable, from: string): Promise<WrittenSymbols> {
  const column = currentName(table, 'symbol')!;
  const { rows } = await db.raw<{ rows: { text: string; count: string }[] }>(
    `SELECT ${column}::text AS text, count(*) AS count FROM ${from} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const bySymbol = new Map<string, RespeltSymbol>();
  for (const { text, count } of rows) {
    const symbol = suggestSymbol(text);
    if (symbol === undefined) continue;
    const found = bySymbol.get(symbol) ?? { symbol, spellings: [], collisions: 0 };
    found.spellings.push({ text, count: Number(count) });
    bySymbol.set(symbol, found);
  }
  const respelt = [...bySymbol.values()];
  for (const found of respelt) {
    found.spellings.sort((a, b) => Number(isPair(a.text)) - Number(isPair(b.text)));
    found.collisions = await countCollisions(db, table, from, found);
  }
  const invalid = rows.map(({ text }) => text).filter((text) => !isSymbol(text) && suggestSymbol(text) === undefined);
  return { respelt, invalid: invalid.sort() };
}

/** Whether the text is a pair with a separator, as other exchanges write it: Binance's own rows come before it. */
function isPair(text: string): boolean {
  return /[/_:|\s-]/.test(text.trim());
}

async function countCollisions(
  db: Db,
  table: LegacyTable,
  from: string,
  { symbol, spellings }: RespeltSymbol,
): Promise<number> {
  const [column, time] = [currentName(table, 'symbol')!, currentName(table, 'timestamp')!];
  const texts = [symbol, ...spellings.map(({ text }) => text)].map(() => '?').join(', ');
  const { rows } = await db.raw<{ rows: { collisions: string }[] }>(
    `SELECT coalesce(sum(n - 1), 0) AS collisions FROM (
       SELECT count(DISTINCT ${column}::text) AS n FROM ${from} WHERE ${column}::text IN (${texts}) AND ${time} IS NOT NULL
       GROUP BY ${time}) AS minutes`,
    [symbol, ...spellings.map(({ text }) => text)],
  );
  return Number(rows[0]!.collisions);
}
