import type { Source } from '../../core/candle.js';
import { formatGapReason } from '../../core/known-gap.js';
import { countMinutes, type MinuteRange, subtractRanges } from '../../core/range.js';
import type { PartName, SplitPart } from '../../core/time-split.js';
import type { Transaction } from '../../database/store.js';
import { describeExcluded, type Excluded } from '../../quality/describe-excluded.js';
import { listGaps } from '../../quality/gaps.js';
import { findFlagRules } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import { findInvalidRows, findMissing } from '../../tables/rolling-chart-data/coverage.js';
import { countValidRows, type ValidRowCount } from '../../tables/rolling-chart-data/training-rows.js';

/** What becomes one file: a part of a split, or all of the range. */
export type TrainingPart = SplitPart | { name: null; range: MinuteRange; embargo: null };

/** What a training set holds of one symbol. */
export interface ExportSummary {
  /** The minutes that were asked for. */
  range: MinuteRange;
  /** Valid rows: what the files hold of this symbol. */
  rows: number;
  /** These rows by where they came from. */
  bySource: Partial<Record<Source, number>>;
  /** Of a split: what each part holds of this symbol. */
  parts?: { part: PartName; range: MinuteRange; rows: number }[];
  /** Whether every minute of the range is there and valid. */
  isReady: boolean;
  /** The minutes that are left out, and why. */
  excluded: (Excluded & { minutes: number })[];
}

/** What a symbol's rows are before they are written. */
export interface Inspection {
  summary: ExportSummary;
  /** The rows of each part, in the order of the parts. */
  counts: ValidRowCount[];
  /** The minutes without a row; the cause is null where the exchange was not asked yet. */
  gaps: (MinuteRange & { cause: string | null })[];
}

/** Counts a symbol's valid rows in each part, and explains every minute of the range that no part has. */
export async function inspectTrainingSet(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  parts: readonly TrainingPart[],
): Promise<Inspection> {
  const whole = await countValidRows(trx, symbol, range);
  const minutes = countMinutes(range);
  const isReady = whole.rows === minutes;
  const invalid = isReady ? { gaps: [], excluded: [] } : await explainInvalid(trx, symbol, range, minutes - whole.rows);
  const counts: ValidRowCount[] = [];
  for (const part of parts) counts.push(part.name === null ? whole : await countValidRows(trx, symbol, part.range));
  const named = parts.flatMap(({ name, range }, i) => (name ? [{ part: name, range, rows: counts[i]!.rows }] : []));
  const summary = {
    range,
    rows: counts.reduce((sum, { rows }) => sum + rows, 0),
    bySource: sumSources(counts),
    ...(named.length > 0 ? { parts: named } : {}),
    isReady,
    excluded: listExcluded(invalid.excluded, parts).map((part) => ({ ...part, minutes: countMinutes(part) })),
  };
  return { summary, counts, gaps: invalid.gaps };
}

/** The minutes without a valid row, and why; where rows explain all of them, nobody need look for holes. */
async function explainInvalid(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  minutes: number,
): Promise<{ excluded: Excluded[]; gaps: Inspection['gaps'] }> {
  const doubts = await findInvalidRows(trx, symbol, range, { fallback: false });
  const missing = doubts.length === minutes ? [] : await findMissing(trx, symbol, range);
  const absent = await findGapsIn(trx, symbol, range);
  const rules = await findFlagRules(trx, symbol, range);
  const gaps = listGaps(missing, absent, null).map(({ from, to, cause, haltedMinutes }) => ({
    from,
    to,
    cause: cause && formatGapReason({ cause, haltedMinutes }),
  }));
  return { excluded: describeExcluded({ missing, absent, invalidRows: doubts, rules }), gaps };
}

/** All that is left out, each minute once: those of an embargo are its own, whatever their rows are. */
function listExcluded(invalid: readonly Excluded[], parts: readonly TrainingPart[]): Excluded[] {
  const embargoes = parts.flatMap(({ embargo }) => embargo ?? []);
  const others = invalid.flatMap(({ reason, ...part }) =>
    subtractRanges([part], embargoes).map((left) => ({ ...left, reason })),
  );
  const embargoed = embargoes.map((embargo) => ({ ...embargo, reason: 'embargo before the cut' }));
  return [...others, ...embargoed].sort((a, b) => a.from - b.from);
}

/** How many rows of each source there are in all. */
export function sumSources(counts: readonly ValidRowCount[]): ValidRowCount['bySource'] {
  const sums: ValidRowCount['bySource'] = {};
  for (const { bySource } of counts) {
    for (const [source, count] of Object.entries(bySource) as [Source, number][]) {
      sums[source] = (sums[source] ?? 0) + count;
    }
  }
  return sums;
}
