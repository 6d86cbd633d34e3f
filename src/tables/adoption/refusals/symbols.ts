import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import type { LegacyRows } from '../legacy-rows.js';
import { currentName, type LegacyTable, quoteText } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import { withoutTriggersSql } from '../obstacles/platform-triggers.js';
import { type Refusal, toMoveStatement } from '../refusal.js';
import type { RespeltSymbol } from '../rows/written-symbols.js';

/** Refuses symbols that are spelt otherwise than Binance does: no command would find their rows. */
export function refuseSymbols(table: LegacyTable, rows: LegacyRows | null, { triggers }: Obstacles): Refusal[] {
  const respelt = rows?.symbols.respelt ?? [];
  return respelt.map((found) => ({
    problem: describeProblem(found),
    remedy:
      withoutTriggersSql(triggers, toStatements(table, found).join('\n')) +
      (found === respelt.at(-1)
        ? '\n-- or leave rows under such symbols as they are: chartctl migrate --keep-symbols'
        : ''),
  }));
}

function describeProblem({ symbol, spellings, collisions }: RespeltSymbol): string {
  const found = spellings.map(({ text, count }) => `${JSON.stringify(text)} in ${count} rows`).join(', ');
  const collide =
    collisions > 0
      ? `; ${collisions} of these rows have a minute that ${symbol} then has already: they are set aside`
      : '';
  return `the symbol ${symbol} is spelt otherwise: ${found}${collide}`;
}

function toStatements(table: LegacyTable, { symbol, spellings, collisions }: RespeltSymbol): string[] {
  const column = currentName(table, 'symbol')!;
  const time = currentName(table, 'timestamp')!;
  const texts = spellings.map(({ text }) => quoteText(text));
  const isEnum = table.matched.some(({ expected, is_enum: found }) => expected.name === 'symbol' && found);
  const update = (text: string) =>
    `UPDATE ${CHART_TABLE} SET ${column} = '${symbol}' WHERE ${column}::text = ${text}` +
    (collisions === 0
      ? ';'
      : ` AND NOT EXISTS (SELECT 1 FROM ${CHART_TABLE} present WHERE present.${column}::text = '${symbol}' ` +
        `AND present.${time} = ${CHART_TABLE}.${time});`);
  return [
    ...(isEnum ? [`ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${column} TYPE text USING ${column}::text;`] : []),
    ...texts.map(update),
    ...(collisions === 0 ? [] : [toMoveStatement(`${column}::text IN (${texts.join(', ')})`, 'same_minute')]),
  ];
}
