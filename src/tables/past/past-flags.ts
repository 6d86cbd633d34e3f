import type { Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import type { FlagRecord } from '../../rows/row-state.js';
import { CHANGES_TABLE } from '../changes.js';
import { FLAGS_TABLE } from '../flags.js';

/** A flag as the audit log holds it: a copy of its record. */
interface FlagImage {
  rule: string;
  value: number | null;
  threshold: number | null;
  state: string;
  kept: boolean;
  reason: string | null;
}

/**
 * The recorded flags of a range as they were at an instant, ordered by time and rule: those before the first later change of the
 * row, else the present ones, unless they were recorded later.
 */
export async function findPastFlags(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  cut: string,
): Promise<FlagRecord[]> {
  const bounds = [symbol, new Date(range.from), new Date(range.to), cut];
  const { rows: earlier } = await trx.raw<{ rows: { timestamp: Date; flags_before: FlagImage[] | null }[] }>(
    `SELECT DISTINCT ON (timestamp) timestamp, flags_before FROM ${CHANGES_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND changed_at > ?::timestamptz
     ORDER BY timestamp, changed_at, sequence`,
    bounds,
  );
  const { rows: present } = await trx.raw<{ rows: (FlagImage & { timestamp: Date })[] }>(
    `SELECT timestamp, rule, value, threshold, state, kept, reason FROM ${FLAGS_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND set_at <= ?::timestamptz`,
    bounds,
  );
  const changed = new Set(earlier.map(({ timestamp }) => timestamp.getTime()));
  return [
    ...earlier.flatMap(({ timestamp, flags_before: flags }) => (flags ?? []).map((flag) => toRecord(timestamp, flag))),
    ...present
      .filter(({ timestamp }) => !changed.has(timestamp.getTime()))
      .map((flag) => toRecord(flag.timestamp, flag)),
  ].sort((a, b) => a.minute - b.minute || (a.rule < b.rule ? -1 : 1));
}

function toRecord(timestamp: Date, { rule, value, threshold, state, kept, reason }: FlagImage): FlagRecord {
  return { minute: timestamp.getTime(), rule, value, threshold, state, isKept: kept, reason };
}

/** Whether a flag is open, or settled so that its row stays flagged: `STANDING_SQL` for a record. */
export function isStanding({ state, isKept }: FlagRecord): boolean {
  return state === 'open' || isKept;
}

/** The rules of the flags that stood in a range at an instant, by minute. */
export async function findPastFlagRules(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  cut: string,
): Promise<Map<Minute, string>> {
  const rules = new Map<Minute, string>();
  for (const { minute, rule } of (await findPastFlags(trx, symbol, range, cut)).filter(isStanding)) {
    rules.set(minute, rules.has(minute) ? `${rules.get(minute)}, ${rule}` : rule);
  }
  return rules;
}
