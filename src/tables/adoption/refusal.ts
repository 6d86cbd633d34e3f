import { Failure } from '../../core/failure.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { quoteName } from './legacy-table.js';

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

/**
 * SQL that moves rows, whole, from the chart table to a new table. It is one statement, so that no row is deleted that
 * was not copied.
 *
 * @param suffix what distinguishes the new table's name
 */
export function toMoveStatement(condition: string, suffix: string): string {
  const target = quoteName(`${CHART_TABLE}_${suffix}`);
  return (
    `DO $move$ BEGIN CREATE TABLE IF NOT EXISTS ${target} AS SELECT * FROM ${CHART_TABLE} WITH NO DATA; ` +
    `INSERT INTO ${target} SELECT * FROM ${CHART_TABLE} WHERE ${condition}; ` +
    `DELETE FROM ${CHART_TABLE} WHERE ${condition}; END $move$;`
  );
}
