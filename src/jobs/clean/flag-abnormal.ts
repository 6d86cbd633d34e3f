import { CLEAN_RULE_NAMES } from '../../core/flag-rules.js';
import type { Minute } from '../../core/minute.js';
import type { MovedRow } from '../../quality/off-minute.js';
import { RULES } from '../../quality/rules.js';
import { recordChanges } from '../../store/changes.js';
import { raiseFlags, selectExternallyFlagged, selectNewFlags, type NewFlag } from '../../store/flags.js';
import type { Transaction } from '../../store/handles.js';
import type { SweptRows } from '../../store/swept-rows.js';
import type { CleanChange } from './clean-change.js';
import type { CleanPolicy } from './clean-policy.js';
import { gatherEvidence } from './gather-evidence.js';

/** Gives flags that somebody's SQL set a record of their own: they count as open. */
export async function adoptExternalFlags(
  trx: Transaction,
  { symbol, jobId }: CleanPolicy,
  flagged: readonly Minute[],
): Promise<void> {
  const found = await selectExternallyFlagged(trx, symbol, flagged);
  const reason = 'hasMissingData was set outside chartctl';
  await raiseFlags(
    trx,
    symbol,
    jobId,
    found.map((openTime) => ({ openTime, rule: 'external', value: null, threshold: null, reason })),
  );
}

/**
 * Flags the rows that a rule names; a row that several rules name has a flag of each.
 *
 * Numbers that the exchange confirmed or a person accepted are left alone while they stand.
 *
 * @returns the new flags as changes, and the volume above which a row is a spike
 */
export async function flagAbnormal(
  trx: Transaction,
  policy: CleanPolicy,
  rows: SweptRows,
  moved: readonly MovedRow[],
): Promise<{ changes: CleanChange[]; threshold: number | null }> {
  const { symbol, jobId } = policy;
  const evidence = await gatherEvidence(trx, policy, rows, moved);
  const changes: CleanChange[] = [];
  for (const rule of CLEAN_RULE_NAMES.filter((name) => policy.rules.includes(name))) {
    const found = RULES[rule].evaluate(evidence, policy);
    const flags = await selectNewFlags(
      trx,
      symbol,
      found.map((finding): NewFlag => ({ ...finding, rule })),
    );
    const minutes = flags.map(({ openTime }) => openTime);
    await recordChanges(trx, { symbol, jobId, action: 'flag', reason: rule }, minutes);
    await raiseFlags(trx, symbol, jobId, flags);
    for (const { openTime, reason } of flags) changes.push({ minute: openTime, action: 'flag', rule, reason });
  }
  return { changes, threshold: evidence.volumes.threshold };
}
