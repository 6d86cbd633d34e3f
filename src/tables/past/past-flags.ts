import type { Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { CHANGES_TABLE } from '../changes.js';
import { FLAGS_TABLE, STANDING_SQL } from '../flags.js';

/** A flag as the audit log holds it. */
interface FlagImage {
  rule: string;
  state: string;
  kept: boolean;
}

/**
 * The rules of the flags that stood in a range at an instant, by minute: those before the first later change of the row, else
 * the present ones, unless they were recorded later.
 */
export async function findPastFlagRules(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  cut: string,
): Promise<Map<Minute, string>> {
  const bounds = [symbol, new Date(range.from), new Date(range.to), cut];
  const rules = new Map<Minute, string>();
  const { rows: present } = await trx.raw<{ rows: { timestamp: Date; rules: string }[] }>(
    `SELECT timestamp, string_agg(rule, ', ' ORDER BY rule) AS rules FROM ${FLAGS_TABLE} f
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND set_at <= ?::timestamptz AND ${STANDING_SQL}
     GROUP BY timestamp`,
    bounds,
  );
  for (const { timestamp, rules: found } of present) rules.set(timestamp.getTime(), found);
  const { rows: earlier } = await trx.raw<{ rows: { timestamp: Date; flags_before: FlagImage[] | null }[] }>(
    `SELECT DISTINCT ON (timestamp) timestamp, flags_before FROM ${CHANGES_TABLE}
     WHERE symbol = ? AND timestamp >= ? AND timestamp < ? AND changed_at > ?::timestamptz
     ORDER BY timestamp, changed_at, sequence`,
    bounds,
  );
  for (const { timestamp, flags_before: flags } of earlier) {
    const standing = (flags ?? []).filter(({ state, kept }) => state === 'open' || kept);
    if (standing.length === 0) rules.delete(timestamp.getTime());
    else
      rules.set(
        timestamp.getTime(),
        standing
          .map(({ rule }) => rule)
          .sort()
          .join(', '),
      );
  }
  return rules;
}
