import { ceilMinute, floorMinute, type Minute, MINUTE_MS } from '../core/minute.js';
import { inSnapshot } from '../database/snapshot.js';
import type { Db } from '../database/store.js';
import { readDividedSizes } from '../tables/engine/sizes.js';
import { findRetired, type Retirement } from '../tables/retired-symbols.js';
import { readSizes } from '../tables/rolling-chart-data/coverage.js';
import { type Inventory, takeInventory } from '../tables/rolling-chart-data/inventory.js';
import { findPlausibleSpan } from '../tables/rolling-chart-data/row-ends.js';
import type { JobOptions, JobResult, StoreContext } from './job.js';
import { toNotStored } from './require-stored.js';
import { runJob } from './run-job.js';

interface ListOptions extends JobOptions {
  /** Reads the index alone: without valid rows and sources. */
  fast?: boolean | undefined;
}

/** What the table has of a symbol, over all time. */
export interface ListSummary extends Inventory {
  /** The oldest and the newest row; null without rows. */
  first: { minute: Minute } | null;
  last: { minute: Minute } | null;
  /** The symbol's share of the size of the table with its index, by its share of the rows; null before they are known. */
  bytes: number | null;
  /** When and why the symbol was retired; null when it was not. */
  retired: Retirement | null;
}

/** The inventory of a symbol without rows; what `fast` leaves out is undefined here, too. */
function noRows(isFast = false): Inventory {
  const counted = isFast ? { valid: undefined, bySource: undefined } : { valid: 0, bySource: {} };
  return { rows: 0, ...counted, holes: 0, missingMinutes: 0 };
}

/** Lists the stored symbols with their rows over all time. Needs no exchange; nothing is changed or recorded. */
export async function list(context: StoreContext, options: ListOptions): Promise<JobResult<ListSummary>> {
  const { knex } = context.store;
  let retired: ReadonlyMap<string, Retirement> = new Map();
  return runJob<ListSummary>(context, options, {
    command: 'list',
    arguments: {},
    readOnly: true,
    retired: 'included',
    begin: async () => {
      retired = await findRetired(knex);
    },
    work: (symbol) =>
      inSnapshot(knex, async (trx) => {
        const span = await findPlausibleSpan(trx, symbol);
        if (!span && options.symbols !== 'all') throw await toNotStored(trx, symbol);
        const own = { bytes: null, retired: retired.get(symbol) ?? null };
        // rows off the minute are no minutes
        const range = span && { from: ceilMinute(span.first), to: floorMinute(span.last) + MINUTE_MS };
        if (!range || range.to <= range.from) return { first: null, last: null, ...noRows(options.fast), ...own };
        const inventory = await takeInventory(trx, symbol, range, options.fast);
        return { first: { minute: range.from }, last: { minute: range.to - MINUTE_MS }, ...inventory, ...own };
      }),
    finish: async (outcomes) => {
      const { table, rows } = await readTableSize(knex);
      const listed = outcomes.reduce((sum, { summary }) => sum + (summary?.rows ?? 0), 0);
      const total = Math.max(rows, listed);
      return outcomes.map((outcome) => {
        const { summary } = outcome;
        if (!summary || total === 0) return outcome;
        return { ...outcome, summary: { ...summary, bytes: Math.round((table * summary.rows) / total) } };
      });
    },
  });
}

async function readTableSize(db: Db): Promise<{ table: number; rows: number }> {
  const sizes = await readSizes(db);
  return { ...sizes, ...(await readDividedSizes(db)) };
}
