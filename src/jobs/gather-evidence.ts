import { splitSeries } from '../core/candle-series.js';
import type { CleanRule } from '../core/flag-rules.js';
import { RULES, type Evidence } from '../quality/rules.js';
import type { MovedRow } from '../quality/off-minute.js';
import { volumeThreshold } from '../quality/volume-spike.js';
import { findUnsound, findVolumesAbove, findVolumeStatistics } from '../store/abnormal-rows.js';
import { loadCandleSeries } from '../store/candle-series-rows.js';
import type { Transaction } from '../store/handles.js';
import type { CleanPolicy } from './clean-policy.js';

/** Rows this far apart tell nothing of each other. */
const LONGEST_GAP_MS = 86_400_000;

/** Fetches what the rules that are on look at, each thing once. */
export async function gatherEvidence(
  trx: Transaction,
  { symbol, rules, sigma }: CleanPolicy,
  moved: readonly MovedRow[],
): Promise<Evidence> {
  const needs = new Set(rules.map((rule: CleanRule) => RULES[rule].needs));
  return {
    moved,
    unsound: needs.has('unsound') ? await findUnsound(trx, symbol) : [],
    volumes: needs.has('volumes') ? await findSpikes(trx, symbol, sigma) : { threshold: null, above: [] },
    series: needs.has('series') ? splitSeries(await loadCandleSeries(trx, symbol), LONGEST_GAP_MS) : [],
  };
}

/** Over all the symbol's rows, flagged ones included. */
async function findSpikes(trx: Transaction, symbol: string, sigma: number): Promise<Evidence['volumes']> {
  const statistics = await findVolumeStatistics(trx, symbol);
  if (!statistics) return { threshold: null, above: [] };
  const threshold = volumeThreshold(statistics, sigma);
  return { threshold, above: await findVolumesAbove(trx, symbol, threshold) };
}
