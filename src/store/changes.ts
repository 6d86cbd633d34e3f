import type { Knex } from 'knex';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral, toTimesLiteral } from './connection/binding-text.js';
import { CHART_TABLE } from './chart-columns.js';
import { toTimestampText } from './connection/timestamp-text.js';

const CHANGES_TABLE = 'chartctl_changes';
const INSERTS_TABLE = 'chartctl_inserts';

export type ChangeAction = 'replace' | 'confirm' | 'delete' | 'move' | 'flag' | 'unflag' | 'rebuild';

/** Why stored rows are about to change. */
export interface Change {
  symbol: string;
  jobId: number;
  action: ChangeAction;
  reason: string;
}

/** Copies rows as they stand, extra columns of the platform's included, into the audit table; call it before changing them. */
export async function recordChanges(trx: Knex.Transaction, change: Change, minutes: readonly Minute[]): Promise<void> {
  await recordTimes(
    trx,
    change,
    minutes.map((minute) => toTimestampText(new Date(minute))),
  );
}

/** Like `recordChanges`, for timestamps off the minute, as the database prints them. */
export async function recordTimes(trx: Knex.Transaction, change: Change, times: readonly string[]): Promise<void> {
  if (times.length === 0) return;
  await trx.raw(
    `INSERT INTO ${CHANGES_TABLE} (symbol, timestamp, job_id, sequence, action, reason, before, flags_before, changed_at)
     SELECT r.symbol, r.timestamp, ?, row_number() OVER (ORDER BY r.timestamp), ?, ?, to_jsonb(r),
       (SELECT jsonb_agg(to_jsonb(f)) FROM chartctl_flags f WHERE f.symbol = ? AND f.timestamp = r.timestamp), clock_timestamp()
     FROM ${CHART_TABLE} r WHERE r.symbol = ? AND r.timestamp = ANY(?::timestamptz[])`,
    [change.jobId, change.action, change.reason, change.symbol, change.symbol, toArrayLiteral([...times])],
  );
}

/** Remembers which minutes of a symbol had no row before a job inserted one. */
export async function recordInserts(
  trx: Knex.Transaction,
  symbol: string,
  jobId: number,
  ranges: readonly MinuteRange[],
): Promise<void> {
  await recordAllInserts(
    trx,
    jobId,
    ranges.map((range) => ({ symbol, range })),
  );
}

/** The same for several symbols. */
export async function recordAllInserts(
  trx: Knex.Transaction,
  jobId: number,
  inserted: readonly { symbol: string; range: MinuteRange }[],
): Promise<void> {
  if (inserted.length === 0) return;
  await trx.raw(
    `INSERT INTO ${INSERTS_TABLE} (symbol, from_time, to_time, job_id, inserted_at)
     SELECT v.symbol, v.from_time, v.to_time, ?::bigint, clock_timestamp()
     FROM unnest(?::text[], ?::timestamptz[], ?::timestamptz[]) AS v(symbol, from_time, to_time)`,
    [
      jobId,
      toArrayLiteral(inserted.map(({ symbol }) => symbol)),
      toTimesLiteral(inserted.map(({ range }) => range.from)),
      toTimesLiteral(inserted.map(({ range }) => range.to)),
    ],
  );
}

/** Of these minutes, the ones whose rows were never logged before a rebuild. */
export async function findUnlogged(
  trx: Knex.Transaction,
  symbol: string,
  minutes: readonly Minute[],
): Promise<Minute[]> {
  if (minutes.length === 0) return [];
  const logged = await trx(CHANGES_TABLE)
    .where({ symbol, action: 'rebuild' })
    .andWhereRaw('timestamp = ANY(?::timestamptz[])', [toTimesLiteral(minutes)])
    .andWhereRaw(
      `job_id NOT IN (SELECT (arguments->>'undoes')::bigint FROM chartctl_jobs WHERE command = 'undo'
         AND (exit_code = 0 OR EXISTS (SELECT FROM ${CHANGES_TABLE} c WHERE c.job_id = id AND c.symbol = ?)))`,
      [symbol],
    )
    .select<{ timestamp: Date }[]>('timestamp');
  const known = new Set(logged.map((record) => record.timestamp.getTime()));
  return minutes.filter((minute) => !known.has(minute));
}
