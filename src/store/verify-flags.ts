import type { Knex } from 'knex';
import { toArrayLiteral, toTimesLiteral } from './connection/binding-text.js';
import { CHART_TABLE } from './chart-columns.js';
import { CANDLE_SQL, type NewFlag } from './flags.js';

/**
 * Of the flags that a comparison with the exchange would raise, those that say something new, in the same order.
 *
 * Left out are flags that are open already, and rows whose very numbers a person accepted although they differ. What
 * the exchange itself vouched for earlier counts no more: it says otherwise now.
 */
export async function selectNewDifferences(
  trx: Knex.Transaction,
  symbol: string,
  flags: readonly NewFlag[],
): Promise<NewFlag[]> {
  if (flags.length === 0) return [];
  const { rows } = await trx.raw<{ rows: { place: string }[] }>(
    `SELECT v.place FROM unnest(?::timestamptz[], ?::text[]) WITH ORDINALITY AS v(timestamp, rule, place)
     JOIN ${CHART_TABLE} r ON r.symbol = ? AND r.timestamp = v.timestamp
     WHERE NOT EXISTS (SELECT 1 FROM chartctl_flags f WHERE f.symbol = ? AND f.timestamp = v.timestamp AND f.rule = v.rule
       AND ((f.state = 'open' AND r.hasmissingdata) OR (f.state = 'accepted' AND f.candle = ${CANDLE_SQL})))
     ORDER BY v.place`,
    [
      toTimesLiteral(flags.map((flag) => flag.openTime)),
      toArrayLiteral(flags.map((flag) => flag.rule)),
      symbol,
      symbol,
    ],
  );
  return rows.map((row) => flags[Number(row.place) - 1]!);
}
