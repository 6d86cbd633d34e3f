import type { Minute } from '../../core/minute.js';
import { countMinutes, joinAdjacent, type MinuteRange, subtractRanges, toRanges } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import type { Excluded } from '../../quality/describe-excluded.js';
import { isCompleteAt, isSoundAt, isValidAt, sourceAt } from '../../rows/row-block.js';
import type { InvalidRow } from '../../rows/row-state.js';
import { findPastFlagRules } from '../../tables/past/past-flags.js';
import { type PastRows, streamPastRows } from '../../tables/past/past-rows.js';
import type { ValidRowCount } from '../../tables/rolling-chart-data/training-rows.js';
import { explainExcluded, type Inspection, toInspection, type TrainingPart } from './inspect-training-set.js';

/** Why a row that was changed by other SQL, or copied without the audit log, is left out. */
export const UNKNOWN_REASON = 'written later without an entry in the audit log: how it was then is not known';

interface PastSet {
  symbol: string;
  range: MinuteRange;
  parts: readonly TrainingPart[];
  /** The time of the newest entry of the audit log that counts. */
  cut: string;
}

/** The content of a training set as it was, for one symbol: as `inspectTrainingSet`, in one pass over the rows. */
export async function inspectPastSet(trx: Transaction, set: PastSet): Promise<Inspection> {
  const { symbol, range, parts, cut } = set;
  const found = new Findings(parts);
  for await (const past of streamPastRows(trx, symbol, range, cut)) found.add(past);
  const missing = subtractRanges([range], found.present);
  const isReady = found.valid === countMinutes(range);
  const rules = found.invalidRows.some(({ isFlagged }) => isFlagged)
    ? await findPastFlagRules(trx, symbol, range, cut)
    : new Map<number, string>();
  const facts = { missing, invalidRows: found.invalidRows, rules };
  const { excluded, gaps } = isReady ? { excluded: [], gaps: [] } : await explainExcluded(trx, symbol, range, facts);
  const all = [...excluded, ...found.unknown].sort((a, b) => a.from - b.from);
  return toInspection({ range, parts, counts: found.counts, isReady, excluded: all, gaps });
}

/** Counts rows as they pass. */
class Findings {
  /** The rows of each part, in the order of the parts. */
  readonly counts: ValidRowCount[];
  readonly invalidRows: InvalidRow[] = [];
  /** Stretches of rows, ordered. */
  present: MinuteRange[] = [];
  /** Valid rows of the whole range. */
  valid = 0;
  readonly #parts: readonly TrainingPart[];
  readonly #unknown: Minute[] = [];

  constructor(parts: readonly TrainingPart[]) {
    this.#parts = parts;
    this.counts = parts.map(() => ({ rows: 0, bySource: {}, writtenUntil: null }));
  }

  /** Rows of which the audit log does not say how they were. */
  get unknown(): Excluded[] {
    return toRanges(this.#unknown).map((range) => ({ ...range, reason: UNKNOWN_REASON }));
  }

  add({ rows, isUnknown }: PastRows): void {
    this.present = joinAdjacent([...this.present, ...toRanges(rows.openTime)], () => true);
    for (let at = 0; at < rows.length; at += 1) {
      const openTime = rows.openTime[at]!;
      if (isUnknown(at)) this.#unknown.push(openTime);
      else if (isValidAt(rows, at)) this.#countValid(openTime, rows, at);
      else {
        this.invalidRows.push({
          openTime,
          isSound: isSoundAt(rows, at),
          isComplete: isCompleteAt(rows, at),
          isFlagged: rows.hasMissingData[at] === 1,
          isKeptFlagged: false,
          isFallback: sourceAt(rows, at) === 'FALLBACK',
          isManaged: !Number.isNaN(rows.writtenAt[at]),
        });
      }
    }
  }

  #countValid(openTime: number, rows: PastRows['rows'], at: number): void {
    this.valid += 1;
    for (let i = 0; i < this.counts.length; i += 1) {
      const { from, to } = this.#parts[i]!.range;
      if (openTime < from || openTime >= to) continue;
      const count = this.counts[i]!;
      const source = sourceAt(rows, at);
      count.rows += 1;
      count.bySource[source] = (count.bySource[source] ?? 0) + 1;
      const writtenAt = rows.writtenAt[at]!;
      if (writtenAt > (count.writtenUntil?.getTime() ?? -Infinity)) count.writtenUntil = new Date(writtenAt);
    }
  }
}
