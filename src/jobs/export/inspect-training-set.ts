import type { Source } from '../../core/candle.js';
import { formatGapReason } from '../../core/known-gap.js';
import type { Minute } from '../../core/minute.js';
import { countMinutes, type MinuteRange, subtractRanges, sumMinutes } from '../../core/range.js';
import type { PartName, SplitPart } from '../../core/time-split.js';
import type { Transaction } from '../../database/store.js';
import type { Blocks, Lines } from '../../files/formats/format.js';
import { describeExcluded, type Excluded } from '../../quality/describe-excluded.js';
import { listGaps } from '../../quality/gaps.js';
import type { InvalidRow } from '../../rows/row-state.js';
import { findFlagRules } from '../../tables/flags.js';
import { findGapsIn } from '../../tables/gaps.js';
import type { Instant } from '../../tables/past/instant.js';
import type { KnownCounts } from '../../tables/past/known-rows.js';
import { findInvalidRows, findMissing } from '../../tables/rolling-chart-data/coverage.js';
import { countValidRows, type ValidRowCount } from '../../tables/rolling-chart-data/training-rows.js';

/** The content of one file: a part of a split, or the whole range. */
export type TrainingPart = SplitPart | { name: null; range: MinuteRange; embargo: null };

/** The content of a training set for one symbol. */
export interface ExportSummary {
  /** The requested minutes. */
  range: MinuteRange;
  /** Valid rows of this symbol in the files. */
  rows: number;
  /** These rows by source. */
  bySource: Partial<Record<Source, number>>;
  /** With a split: the rows of this symbol in each part. */
  parts?: { part: PartName; range: MinuteRange; rows: number }[];
  /** Whether every minute of the range has a valid row. */
  isReady: boolean;
  /** The minutes that are not in the files, and why. */
  excluded: (Excluded & { minutes: number })[];
  /** With first versions only: the minutes whose rows are not those that are stored now. */
  known?: KnownCounts;
}

/** The content for one symbol, determined before the files are written. */
export interface Inspection {
  summary: ExportSummary;
  /** The rows of each part, in the order of the parts. */
  counts: ValidRowCount[];
  /** The minutes without a row; the cause is null if they were not requested from the exchange yet. */
  gaps: (MinuteRange & { cause: string | null })[];
}

/** Reads the valid rows of a snapshot: the present ones, those of a past instant, or the first versions. */
export interface TrainingReader {
  /** The past instant; null for the present rows. */
  instant: Instant | null;
  /** Whether `inspect` reads all rows, but for those that have passed through `blocks` or `lines` before. */
  countsWhileReading: boolean;
  /** The content for each symbol, in their order. */
  inspect(
    symbols: readonly string[],
    range: MinuteRange,
    parts: readonly TrainingPart[],
  ): Promise<Map<string, Inspection>>;
  /** The rows as blocks of columns, ordered by time. */
  blocks(symbol: string, range: MinuteRange): Blocks;
  /** The same rows as lines of CSV. */
  lines(symbol: string, range: MinuteRange): Lines;
}

/** Counts the symbols' valid rows in each part, and explains every minute of the range that is in no part. */
export async function inspectTrainingSet(
  trx: Transaction,
  symbols: readonly string[],
  range: MinuteRange,
  parts: readonly TrainingPart[],
): Promise<Map<string, Inspection>> {
  const whole = await countValidRows(trx, symbols, range);
  const ofParts: Map<string, ValidRowCount>[] = [];
  for (const part of parts) ofParts.push(part.name === null ? whole : await countValidRows(trx, symbols, part.range));
  const minutes = countMinutes(range);
  const found = new Map<string, Inspection>();
  for (const symbol of symbols) {
    const { rows } = whole.get(symbol)!;
    const isReady = rows === minutes;
    const invalid = isReady ? { gaps: [], excluded: [] } : await explainInvalid(trx, symbol, range, minutes - rows);
    const counts = ofParts.map((counts) => counts.get(symbol)!);
    found.set(symbol, toInspection({ range, parts, counts, isReady, ...invalid }));
  }
  return found;
}

/** The content for one symbol from what was found; the excluded minutes of the range are ordered. */
export function toInspection({
  range,
  parts,
  counts,
  isReady,
  excluded,
  gaps,
}: Pick<Inspection, 'counts' | 'gaps'> & {
  range: MinuteRange;
  parts: readonly TrainingPart[];
  isReady: boolean;
  excluded: readonly Excluded[];
}): Inspection {
  const named = parts.flatMap(({ name, range: own }, i) =>
    name ? [{ part: name, range: own, rows: counts[i]!.rows }] : [],
  );
  const summary: ExportSummary = {
    range,
    rows: counts.reduce((sum, { rows }) => sum + rows, 0),
    bySource: sumSources(counts),
    ...(named.length > 0 ? { parts: named } : {}),
    isReady,
    excluded: listExcluded(excluded, parts).map((part) => ({ ...part, minutes: countMinutes(part) })),
  };
  return { summary, counts, gaps };
}

/** The minutes without a valid row, and why. Invalid rows are searched unless missing ones account for all of them. */
async function explainInvalid(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  minutes: number,
): Promise<{ excluded: Excluded[]; gaps: Inspection['gaps'] }> {
  const missing = await findMissing(trx, symbol, range);
  const isAll = sumMinutes(missing) === minutes;
  const invalidRows = isAll ? [] : await findInvalidRows(trx, symbol, range, { fallback: false });
  const isFlagged = invalidRows.some((row) => row.isFlagged);
  const rules = isFlagged ? await findFlagRules(trx, symbol, range) : new Map<Minute, string>();
  return explainExcluded(trx, symbol, range, { missing, invalidRows, rules });
}

/** Why these minutes are left out, and the missing ones by their causes as they are known now. */
export async function explainExcluded(
  trx: Transaction,
  symbol: string,
  range: MinuteRange,
  facts: {
    missing: readonly MinuteRange[];
    invalidRows: readonly InvalidRow[];
    rules: ReadonlyMap<Minute, string>;
  },
): Promise<{ excluded: Excluded[]; gaps: Inspection['gaps'] }> {
  const absent = await findGapsIn(trx, symbol, range);
  const gaps = listGaps(facts.missing, absent, null).map(({ from, to, cause, haltedMinutes }) => ({
    from,
    to,
    cause: cause && formatGapReason({ cause, haltedMinutes }),
  }));
  return { excluded: describeExcluded({ ...facts, absent }), gaps };
}

/** All excluded minutes, each of them once: a minute of an embargo counts as embargo, whatever its row is. */
function listExcluded(invalid: readonly Excluded[], parts: readonly TrainingPart[]): Excluded[] {
  const embargoes = parts.flatMap(({ embargo }) => embargo ?? []);
  const others = invalid.flatMap(({ reason, ...part }) =>
    subtractRanges([part], embargoes).map((rest) => ({ ...rest, reason })),
  );
  const embargoed = embargoes.map((embargo) => ({ ...embargo, reason: 'embargo before the cut' }));
  return [...others, ...embargoed].sort((a, b) => a.from - b.from);
}

/** The rows by source, summed over the counts. */
export function sumSources(counts: readonly ValidRowCount[]): ValidRowCount['bySource'] {
  const sums: ValidRowCount['bySource'] = {};
  for (const { bySource } of counts) {
    for (const [source, count] of Object.entries(bySource) as [Source, number][]) {
      sums[source] = (sums[source] ?? 0) + count;
    }
  }
  return sums;
}
