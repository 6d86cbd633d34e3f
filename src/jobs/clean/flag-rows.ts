import type { Minute } from '../../core/minute.js';
import type { Transaction } from '../../database/store.js';
import type { Evidence, MovedRow } from '../../quality/rules/rule.js';
import { CLEAN_RULE_NAMES, type CleanRule, RULES } from '../../quality/rules/rules.js';
import { findVolumeOutliers } from '../../quality/rules/volume-spike.js';
import { splitSeries } from '../../rows/candle-series.js';
import { recordChanges } from '../../tables/changes.js';
import { type NewFlag, raiseFlags, selectExternallyFlagged, selectNewFlags, settleFlags } from '../../tables/flags.js';
import { findCandlesAt } from '../../tables/rolling-chart-data/read-rows.js';
import type { ScannedRows } from '../../tables/rolling-chart-data/scan-rows.js';
import type { CleanChange, CleanPolicy } from './clean-change.js';

/** Rows this far apart tell nothing of each other. */
const MAX_GAP_MS = 86_400_000;

/** Takes from the rows what the rules that are on look at; only unsound candles have to be fetched. */
export async function gatherEvidence(
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
      found.map((finding): NewFlag => ({ ...finding, rule })),
    );
    const minutes = flags.map(({ openTime }) => openTime);
    await recordChanges(trx, { symbol, jobId, action: 'flag', reason: rule }, minutes);
    await raiseFlags(trx, symbol, jobId, flags);
    for (const { openTime, reason } of flags) changes.push({ minute: openTime, action: 'flag', rule, reason });
  }
  return { changes, threshold: evidence.volumes.threshold };
}

/**
 * Lifts flags that a person vouches for, with the reason given; minutes that are not flagged are passed over.
 *
 * @param flagged minutes that were flagged before
 * @param unseen minutes that were flagged just now: nobody can have looked at them, so "all open" leaves them out
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
  asked: readonly Minute[] | 'all-open',
  flagged: readonly Minute[],
  unseen: ReadonlySet<Minute>,
): Minute[] {
  if (asked === 'all-open') return flagged.filter((minute) => !unseen.has(minute));
  const isFlagged = new Set([...flagged, ...unseen]);
  return [...new Set(asked)].filter((minute) => isFlagged.has(minute)).sort((a, b) => a - b);
}
