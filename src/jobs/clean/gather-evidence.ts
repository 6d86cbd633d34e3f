import { splitSeries } from '../../core/candle-series.js';
import type { CleanRule } from '../../core/flag-rules.js';
import type { MovedRow } from '../../quality/off-minute.js';
import { RULES, type Evidence } from '../../quality/rules.js';
import { judgeVolumes } from '../../quality/volume-spike.js';
import type { Transaction } from '../../store/handles.js';
import { findCandlesAt, type SweptRows } from '../../store/swept-rows.js';
import type { CleanPolicy } from './clean-policy.js';

/** Rows this far apart tell nothing of each other. */
const LONGEST_GAP_MS = 86_400_000;

/** Takes from the rows what the rules that are on look at; only unsound candles have to be fetched. */
export async function gatherEvidence(
  trx: Transaction,
  { symbol, rules, sigma }: CleanPolicy,
  rows: SweptRows,
  moved: readonly MovedRow[],
): Promise<Evidence> {
  const needs = new Set(rules.map((rule: CleanRule) => RULES[rule].needs));
  const unsound = await findCandlesAt(trx, symbol, rows.unsound);
  return {
    moved,
    unsound,
    volumes: needs.has('volumes') ? judgeVolumes(rows.series, unsound, sigma) : { threshold: null, above: [] },
    series: needs.has('series') ? splitSeries(rows.series, LONGEST_GAP_MS) : [],
  };
}
