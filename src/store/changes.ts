import type { Knex } from 'knex';
import type { Minute } from '../core/minute.js';
import { toArrayLiteral } from './array-literal.js';
import { CHART_TABLE } from './chart-columns.js';

const CHANGES_TABLE = 'chartctl_changes';

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
    minutes.map((minute) => new Date(minute).toISOString()),
  );
}

/** Like `recordChanges`, for timestamps off the minute, as the database prints them. */
export async function recordTimes(trx: Knex.Transaction, change: Change, times: readonly string[]): Promise<void> {
  if (times.length === 0) return;
  await trx.raw(
    `INSERT INTO ${CHANGES_TABLE} (symbol, timestamp, job_id, sequence, action, reason, before, changed_at)
     SELECT r.symbol, r.timestamp, ?, row_number() OVER (ORDER BY r.timestamp), ?, ?, to_jsonb(r), clock_timestamp()
     FROM ${CHART_TABLE} r WHERE r.symbol = ? AND r.timestamp = ANY(?::timestamptz[])`,
    [change.jobId, change.action, change.reason, change.symbol, toArrayLiteral([...times])],
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
    .andWhereRaw('timestamp = ANY(?::timestamptz[])', [toArrayLiteral(minutes.map((minute) => new Date(minute)))])
    .select<{ timestamp: Date }[]>('timestamp');
  const known = new Set(logged.map((record) => record.timestamp.getTime()));
  return minutes.filter((minute) => !known.has(minute));
}
