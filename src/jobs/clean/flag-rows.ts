import { DAY_MS, type Minute } from '../../core/minute.js';
import type { Transaction } from '../../database/store.js';
import type { Evidence, MovedRow } from '../../quality/rules/rule.js';
import { CLEAN_RULE_NAMES, type CleanRule, RULES } from '../../quality/rules/rules.js';
import { findVolumeOutliers } from '../../quality/rules/volume-spike.js';
import { splitSeries } from '../../rows/candle-series.js';
import { EXTERNAL_FLAG_REASON } from '../../rows/row-state.js';
import { recordChanges } from '../../tables/changes.js';
import { type NewFlag, raiseFlags, selectExternallyFlagged, settleFlags } from '../../tables/flags.js';
import { selectNewFlags } from '../../tables/new-flags.js';
import { findCandlesAt } from '../../tables/rolling-chart-data/read-rows.js';
import type { ScannedRows } from '../../tables/rolling-chart-data/scan-rows.js';
import type { CleanChange, CleanPolicy } from './clean-change.js';

/** A larger gap splits the series that a rule compares. */
const MAX_GAP_MS = DAY_MS;

/** Records flags that were set outside chartctl, by SQL, as open flags of the rule `external`. */
export async function adoptExternalFlags(
  trx: Transaction,
  { symbol, jobId }: CleanPolicy,
  flagged: readonly Minute[],
): Promise<void> {
  const found = await selectExternallyFlagged(trx, symbol, flagged);
  await raiseFlags(
    trx,
    symbol,
    jobId,
    found.map((openTime) => ({
      openTime,
      rule: 'external',
      value: null,
      threshold: null,
      reason: EXTERNAL_FLAG_REASON,
    })),
  );
}

/**
 * Flags the rows that match a rule, once for each rule. Rows whose numbers were confirmed or accepted are not flagged
 * again while the numbers are the same.
 *
 * @returns the new flags as changes, and the volume above which a row is a spike
 */
export async function flagByRules(
  trx: Transaction,
  policy: CleanPolicy,
  rows: ScannedRows,
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
      found.map((match): NewFlag => ({ ...match, rule })),
    );
    const minutes = flags.map(({ openTime }) => openTime);
    await recordChanges(trx, { symbol, jobId, action: 'flag', reason: rule }, minutes);
    await raiseFlags(trx, symbol, jobId, flags);
    for (const { openTime, reason } of flags) changes.push({ minute: openTime, action: 'flag', rule, reason });
  }
  return { changes, threshold: evidence.volumes.threshold };
}

/** Collects the input of the active rules. Only unsound candles are read from the database; the rest comes from the scan. */
async function gatherEvidence(
  trx: Transaction,
  { symbol, rules, sigma }: CleanPolicy,
  rows: ScannedRows,
  moved: readonly MovedRow[],
): Promise<Evidence> {
  const needs = new Set(rules.map((rule: CleanRule) => RULES[rule].needs));
  const unsound = await findCandlesAt(trx, symbol, rows.unsound);
  return {
    moved,
    unsound,
    volumes: needs.has('volumes') ? findVolumeOutliers(rows.series, unsound, sigma) : { threshold: null, above: [] },
    series: needs.has('series') ? splitSeries(rows.series, MAX_GAP_MS) : [],
  };
}

/**
 * Resolves flags that the user accepts; minutes that are not flagged are skipped.
 *
 * @param flagged minutes that were flagged before this run
 * @param unseen minutes that were flagged by this run; `all-open` skips them, since the user cannot have checked them
 */
export async function acceptFlags(
  trx: Transaction,
  { symbol, jobId, accept }: CleanPolicy,
  flagged: readonly Minute[],
  unseen: ReadonlySet<Minute>,
): Promise<CleanChange[]> {
  if (!accept) return [];
  const minutes = selectMinutes(accept.minutes, flagged, unseen);
  const { reason } = accept;
  await recordChanges(trx, { symbol, jobId, action: 'unflag', reason }, minutes);
  await settleFlags(trx, { symbol, jobId, state: 'accepted', reason, keepFlagged: false }, minutes);
  return minutes.map((minute) => ({ minute, action: 'accept', reason }));
}

function selectMinutes(
  choice: readonly Minute[] | 'all-open',
  flagged: readonly Minute[],
  unseen: ReadonlySet<Minute>,
): Minute[] {
  if (choice === 'all-open') return flagged.filter((minute) => !unseen.has(minute));
  const isFlagged = new Set([...flagged, ...unseen]);
  return [...new Set(choice)].filter((minute) => isFlagged.has(minute)).sort((a, b) => a - b);
}
