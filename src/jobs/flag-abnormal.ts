import { describeFault } from '../quality/unsound.js';
import { volumeThreshold } from '../quality/volume-spike.js';
import { recordChanges } from '../store/changes.js';
import {
  findExternallyFlagged,
  findUnsound,
  findVolumesAbove,
  findVolumeStatistics,
  raiseFlags,
  type FlagCandidate,
  type NewFlag,
} from '../store/flags.js';
import type { Transaction } from '../store/handles.js';
import type { CleanRules, RuleChange } from './clean-rules.js';

/** Gives flags that somebody's SQL set a record of their own: they count as open. */
export async function adoptExternalFlags(trx: Transaction, { symbol, jobId }: CleanRules): Promise<void> {
  const found = await findExternallyFlagged(trx, symbol);
  const reason = 'hasMissingData was set outside chartctl';
  await raiseFlags(
    trx,
    symbol,
    jobId,
    found.map((row) => ({ ...toFlag(row), rule: 'external', reason })),
  );
}

/** Flags rows whose candle breaks a rule of soundness. */
export async function flagUnsound(trx: Transaction, rules: CleanRules): Promise<RuleChange[]> {
  const found = await findUnsound(trx, rules.symbol);
  const flags = found.map((row): NewFlag => ({
    ...toFlag(row),
    rule: 'unsound',
    reason: describeFault(row) ?? 'unsound',
  }));
  return flag(trx, rules, flags, 'unsound');
}

/**
 * Flags volumes above mean + sigma * standard deviation over all the symbol's rows, flagged ones included.
 *
 * A volume that the exchange confirmed or a person accepted is left alone while it stands.
 */
export async function flagSpikes(
  trx: Transaction,
  rules: CleanRules,
): Promise<{ threshold: number | null; changes: RuleChange[] }> {
  const statistics = await findVolumeStatistics(trx, rules.symbol);
  if (!statistics) return { threshold: null, changes: [] };
  const threshold = volumeThreshold(statistics, rules.sigma);
  const found = await findVolumesAbove(trx, rules.symbol, threshold);
  const flags = found.map((row): NewFlag => ({
    ...toFlag(row),
    rule: 'volume_spike',
    threshold,
    reason: `volume ${row.volume} is above mean + ${rules.sigma} sigma = ${threshold}`,
  }));
  return { threshold, changes: await flag(trx, rules, flags, 'spikes') };
}

async function flag(
  trx: Transaction,
  { symbol, jobId }: CleanRules,
  flags: readonly NewFlag[],
  count: RuleChange['count'],
): Promise<RuleChange[]> {
  const minutes = flags.map(({ openTime }) => openTime);
  await recordChanges(trx, { symbol, jobId, action: 'flag', reason: flags[0]?.rule ?? count }, minutes);
  await raiseFlags(trx, symbol, jobId, flags);
  return flags.map(({ openTime, reason }) => ({ minute: openTime, action: 'flag', reason, count }));
}

function toFlag({ openTime, volume }: FlagCandidate): Pick<NewFlag, 'openTime' | 'value' | 'threshold'> {
  return { openTime, value: volume, threshold: null };
}
