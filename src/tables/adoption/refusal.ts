import { Failure } from '../../core/failure.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { quoteName, quoteText } from './legacy-table.js';

/** A reason why a database cannot be migrated as it is, and what the user has to do first. */
export interface Refusal {
  problem: string;
  /** SQL that can be pasted as it stands, after that of the refusals before it; or what the option does. */
  remedy: string;
  /** The option of `chartctl migrate` that allows it, such as `--adopt-quoted`. */
  option?: string;
}

/**
 * One failure for all refusals, so that they can be fixed together. The hint is SQL in the order in which it runs, and
 * the command to run after it.
 *
 * @param given the options of this run, which the next one needs too
 */
export function toRefusedFailure(refusals: readonly Refusal[], given: readonly string[] = []): Failure {
  const problems = refusals.map(({ problem }) => problem);
  const message =
    problems.length === 1
      ? `nothing was migrated: ${problems[0]}`
      : `nothing was migrated, for ${problems.length} reasons:\n${problems.map((problem) => `- ${problem}`).join('\n')}`;
  const remedies = new Set(refusals.map(({ remedy }) => remedy));
  const options = new Set([...given, ...refusals.flatMap(({ option }) => option ?? [])]);
  return new Failure('failed', message, {
    code: 'MIGRATION_REFUSED',
    hint: `${[...remedies].join('\n')}\nthen run: ${['chartctl migrate', ...options].join(' ')}`,
  });
}

/** SQL that makes the sequence of a column go on after the column's greatest value. */
export function toSequenceSql(column: string): string {
  return (
    `SELECT setval(pg_get_serial_sequence('${CHART_TABLE}', ${quoteText(column)}), ` +
    `greatest(max(${quoteName(column)}), 0) + 1) FROM ${CHART_TABLE};`
  );
}

/**
 * SQL that moves rows, whole, from the chart table to a new table. The rows that are copied are those that are deleted:
 * a row that another session inserts meanwhile stays.
 *
 * @param suffix what distinguishes the new table's name
 */
export function toMoveStatement(condition: string, suffix: string): string {
  const target = quoteName(`${CHART_TABLE}_${suffix}`);
  return (
    `DO $move$ BEGIN CREATE TABLE IF NOT EXISTS ${target} AS SELECT * FROM ${CHART_TABLE} WITH NO DATA; ` +
    `WITH moved AS (DELETE FROM ${CHART_TABLE} WHERE ${condition} RETURNING *) ` +
    `INSERT INTO ${target} SELECT * FROM moved; END $move$;`
  );
}
