import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { findClearest } from '../columns/column-spellings.js';
import { pickFreeName } from '../free-name.js';
import { isTimeOfDay, type LegacyTable, type MatchedColumn, quoteName } from '../legacy-table.js';
import type { Obstacles } from '../obstacles/obstacles.js';
import { withoutTriggersSql } from '../obstacles/platform-triggers.js';
import type { Refusal } from '../refusal.js';

/** Refuses a column `timestamp` that does not hold the minute of a candle: a day, or the time of the insertion. */
export function refuseOpenTimes(table: LegacyTable, obstacles: Obstacles): Refusal[] {
  return table.matched
    .filter(({ expected }) => expected.name === 'timestamp')
    .flatMap((column) =>
      column.type === 'date' ? [refuseDay(table, column, obstacles)] : refuseInsertion(table, column),
    );
}

/** The remedy combines the day with a time of day in another column. */
function refuseDay(table: LegacyTable, column: MatchedColumn, { triggers }: Obstacles): Refusal {
  const day = quoteName(column.name);
  const clock = table.own.find(({ type }) => isTimeOfDay(type));
  if (!clock) {
    return {
      problem: `the column ${day} is of type date, which has no time of day; expected the minute of each candle`,
      remedy: `ALTER TABLE ${CHART_TABLE} RENAME TO ${CHART_TABLE}_other;    -- chartctl then creates a table of its own`,
    };
  }
  const type = clock.type.replace(/^time/, 'timestamp');
  const kept = column.is_stand_in ? column.name : pickFreeName('day', namesOf(table));
  const update = `UPDATE ${CHART_TABLE} SET "timestamp" = ${quoteName(kept)} + ${quoteName(clock.name)};`;
  return {
    problem: `the minute of a candle is in two columns, ${day} and ${quoteName(clock.name)}; expected one column timestamp`,
    remedy: [
      ...(kept === column.name ? [] : [`ALTER TABLE ${CHART_TABLE} RENAME COLUMN ${day} TO ${quoteName(kept)};`]),
      `ALTER TABLE ${CHART_TABLE} ADD COLUMN "timestamp" ${type};`,
      withoutTriggersSql(triggers, update),
    ].join(' '),
  };
}

/** A time that defaults to now is when a row was inserted, if another column holds the open time. */
function refuseInsertion(table: LegacyTable, column: MatchedColumn): Refusal[] {
  const isNow = /\b(now\(\)|clock_timestamp\(\)|CURRENT_TIMESTAMP|LOCALTIMESTAMP)/.test(column.default_value ?? '');
  const [open] = isNow && !column.is_stand_in ? findClearest('timestamp', namesOf({ ...table, matched: [] })) : [];
  if (open === undefined) return [];
  const name = quoteName(column.name);
  return [
    {
      problem: `the column ${name} has the default ${column.default_value}, the time of the insertion, and ${quoteName(open)} seems to hold the open time; expected one column timestamp with the open time`,
      remedy:
        `ALTER TABLE ${CHART_TABLE} RENAME COLUMN ${name} TO ${quoteName(pickFreeName('inserted_at', namesOf(table)))};` +
        `\n-- or, if ${name} is the open time: ALTER TABLE ${CHART_TABLE} ALTER COLUMN ${name} DROP DEFAULT;`,
    },
  ];
}

function namesOf({ matched, own }: Pick<LegacyTable, 'matched' | 'own'>): string[] {
  return [...matched, ...own].map(({ name }) => name);
}
