import { EXIT_CODES } from '../../../src/core/failure.js';
import { MINUTE_MS } from '../../../src/core/minute.js';
import { backfill } from '../../../src/jobs/backfill/backfill.js';
import { clean } from '../../../src/jobs/clean/clean.js';
import { exportTrainingSet } from '../../../src/jobs/export/export-training-set.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import type { JobContext, JobResult } from '../../../src/jobs/job.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { checkRetrain } from '../../../src/jobs/retrain/check-retrain.js';
import { undo } from '../../../src/jobs/undo.js';
import { migrateStore } from '../../../src/tables/migration/migrate.js';
import { WEEK_WITH_DUPLICATES } from '../../tables/adoption/legacy-shapes.js';

/** The exchange's stopped clock. */
export const NOW = Date.parse('2025-06-01T12:00:00Z');
/** The minutes of each symbol at the exchange. */
export const MINUTES = 3_000;
export const ALL_MINUTES = { from: NOW - MINUTES * MINUTE_MS, to: NOW };

/** Two stored symbols with defects. */
export const STORED = ['AUSDT', 'BUSDT'];
export const LISTED = [...STORED, 'CUSDT'];

/** The exit code and outcomes of a job. */
export type JobConclusion = Pick<JobResult<unknown>, 'exitCode' | 'outcomes'>;

/** The id of the job that `undo` reverts. */
let undoable = 0;

/** Every job that writes; each exits with 0 on its prepared database. */
export const JOBS = {
  migrate: async ({ store }: JobContext) => {
    await migrateStore(store);
    return { exitCode: EXIT_CODES.done, outcomes: [] };
  },
  ingest: (context: JobContext) => ingest(context, { symbols: LISTED }),
  backfill: (context: JobContext) => backfill(context, { symbols: LISTED, range: ALL_MINUTES }),
  clean: (context: JobContext) => clean(context, { symbols: STORED }),
  rebuild: (context: JobContext) => rebuild(context, { symbols: STORED }),
  'export-training-set': (context: JobContext, out: string) =>
    exportTrainingSet(context, { symbols: STORED, out, format: 'csv', range: ALL_MINUTES }),
  'check-retrain': (context: JobContext) => checkRetrain(context, { symbols: STORED, markTrained: true }),
  undo: (context: JobContext) => undo(context, { job: undoable }),
} satisfies Record<string, (context: JobContext, out: string) => Promise<JobConclusion>>;

export type JobName = keyof typeof JOBS;
export const JOB_NAMES = Object.keys(JOBS) as JobName[];

/** Prepares the databases that jobs start with, by name. */
export const PREPARATIONS = { legacy: makeLegacyTable, defects: fillWithDefects };

/** The database that a job starts with. */
export function beginsWith(job: JobName): keyof typeof PREPARATIONS {
  return job === 'migrate' ? 'legacy' : 'defects';
}

async function makeLegacyTable({ store }: JobContext): Promise<void> {
  await store.knex.raw(WEEK_WITH_DUPLICATES);
}

/** Creates gaps, wrong indicators, unsound rows, and five minutes that ingest has missed. */
async function fillWithDefects(context: JobContext): Promise<void> {
  await migrateStore(context.store);
  const late = { ...ALL_MINUTES, to: NOW - 5 * MINUTE_MS };
  await backfill(context, { symbols: STORED, range: { ...late, to: NOW - 505 * MINUTE_MS } });
  const { jobId } = await backfill(context, { symbols: STORED, range: late });
  undoable = jobId!;
  const old = new Date(NOW - 600 * MINUTE_MS).toISOString(); // before the rows that undo reverts
  const everyNth = (n: number) => `timestamp < '${old}' AND extract(epoch FROM timestamp)::bigint / 60 % ${n} = 7`;
  const { knex } = context.store;
  await knex.raw(`DELETE FROM rolling_chart_data WHERE symbol = 'AUSDT' AND ${everyNth(450)}`);
  await knex.raw(`UPDATE rolling_chart_data SET volume = -1 WHERE symbol = 'AUSDT' AND ${everyNth(310)}`);
  await knex.raw(`UPDATE rolling_chart_data SET rsi = rsi + 1 WHERE symbol = 'BUSDT' AND ${everyNth(10)}`);
  await knex.raw(`UPDATE rolling_chart_data SET volume = volume * 1000 WHERE symbol = 'BUSDT' AND ${everyNth(400)}`);
}
