import { formatMinute, type Minute } from '../../../src/core/minute.js';
import type { Store } from '../../../src/database/store.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { ALL_TIME } from '../../harness/job-world.js';
import { numbersOf, type TableModel } from './table-model.js';
import { readRows } from '../../harness/read-rows.js';

/**
 * The first difference between the table and the model; undefined when there is none.
 *
 * In a damaged table the model takes isComplete over from the rows until the next rebuild.
 */
export async function compareTables(
  store: Store,
  symbol: string,
  model: TableModel,
  { isTidy }: { isTidy: boolean },
): Promise<string | undefined> {
  const rows = await readRows(store.knex, symbol, ALL_TIME);
  const found = rows.map((row) => [
    row.openTime,
    numbersOf(row),
    row.source,
    row.hasMissingData,
    row.writtenAt !== null,
  ]);
  const wanted = [...model.rows]
    .sort(([a], [b]) => a - b)
    .map(([minute, row]) => [minute, numbersOf(row), row.source, row.isFlagged, row.isManaged]);
  const difference = firstDifference(found, wanted) ?? firstDifference(await readFlags(store, symbol), flagsOf(model));
  if (difference) return difference;
  for (const { openTime, isComplete } of rows) {
    const row = model.rows.get(openTime)!;
    if (isTidy && row.isComplete !== isComplete) return `isComplete of ${formatMinute(openTime)} was ${isComplete}`;
    row.isComplete = isComplete;
  }
  if (!isTidy) return undefined;
  const [outcome] = (await rebuild({ store }, { symbols: [symbol], dryRun: true })).outcomes;
  const rewritten = outcome?.summary?.rewritten;
  return rewritten === 0 ? undefined : `${rewritten} rows have other indicators than a rebuild would give them`;
}

function firstDifference(found: readonly unknown[][], wanted: readonly unknown[][]): string | undefined {
  const length = Math.max(found.length, wanted.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => String(found[i]) !== String(wanted[i]));
  if (at === undefined) return undefined;
  const show = (entry: unknown[] | undefined) =>
    entry ? `${formatMinute(entry[0] as Minute)} ${entry.slice(1).join(', ')}` : 'nothing';
  return `the table has ${show(found[at])}; the model has ${show(wanted[at])}`;
}

async function readFlags(store: Store, symbol: string): Promise<unknown[][]> {
  const { rows } = await store.knex.raw<{ rows: { timestamp: Date; rule: string; state: string; kept: boolean }[] }>(
    'SELECT timestamp, rule, state, kept FROM chartctl_flags WHERE symbol = ? ORDER BY timestamp, rule',
    [symbol],
  );
  return rows.map(({ timestamp, rule, state, kept }) => [timestamp.getTime(), rule, state, kept]);
}

function flagsOf({ flags }: TableModel): unknown[][] {
  return [...flags]
    .sort(([a], [b]) => a - b)
    .flatMap(([minute, byRule]) =>
      [...byRule]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([rule, { state, isKept }]) => [minute, rule, state, isKept]),
    );
}
