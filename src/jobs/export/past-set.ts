import type { Minute } from '../../core/minute.js';
import {
  countMinutes,
  joinAdjacent,
  mergeRanges,
  type MinuteRange,
  subtractRanges,
  toRanges,
} from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import type { Blocks } from '../../files/formats/format.js';
import type { Excluded } from '../../quality/describe-excluded.js';
import { invalidRowAt, isValidAt, type RowBlock, sourceAt } from '../../rows/row-block.js';
import type { InvalidRow } from '../../rows/row-state.js';
import { type KnownCounts, lateReason, UNKNOWN_FIRST_REASON } from '../../tables/past/known-rows.js';
import { findPastFlagRules } from '../../tables/past/past-flags.js';
import { type PastRows, selectValid } from '../../tables/past/past-rows.js';
import type { ValidRowCount } from '../../tables/rolling-chart-data/training-rows.js';
import { explainExcluded, type Inspection, toInspection, type TrainingPart } from './inspect-training-set.js';

/** Why a row that was changed by other SQL, or copied without the audit log, is left out. */
export const UNKNOWN_REASON = 'written later without an entry in the audit log: how it was then is not known';

/** Where the rows of a past training set come from. */
export interface PastSource {
  trx: Transaction;
  symbol: string;
  stream: (range: MinuteRange) => AsyncIterable<PastRows>;
  /** The time of the newest entry of the audit log that counts. */
  cut: string;
  /** With first versions only: how long after its minute had closed a row was stored at most. */
  withinMs?: number | undefined;
}

/** The past rows of one symbol. They are counted as they pass, so that those that are written need not be read twice. */
export class PastSet {
  readonly #source: PastSource;
  /** What was read, by the range. */
  readonly #found = new Map<string, Findings>();

  constructor(source: PastSource) {
    this.#source = source;
  }

  /** The valid rows of a range, ordered by time. */
  async *blocks(range: MinuteRange): Blocks {
    const { symbol, stream } = this.#source;
    const found = new Findings();
    for await (const past of stream(range)) {
      found.add(past);
      const columns = selectValid(past);
      yield { symbol, length: columns.length, columns };
    }
    this.#found.set(keyOf(range), found);
  }

  /** The content of a range, as `inspectTrainingSet`. Parts that were not read yet are read. */
  async inspect(range: MinuteRange, parts: readonly TrainingPart[]): Promise<Inspection> {
    const written = parts.map((part) => part.range);
    const ofParts: Findings[] = [];
    for (const part of written) ofParts.push(await this.#read(part));
    const others: Findings[] = [];
    for (const rest of subtractRanges([range], mergeRanges(written))) others.push(await this.#read(rest));
    const all = [...ofParts, ...others];
    const isReady = sum(all, ({ valid }) => valid.rows) === countMinutes(range);
    const { excluded, gaps } = isReady ? { excluded: [], gaps: [] } : await this.#explain(range, all);
    const counts = ofParts.map(({ valid }) => valid);
    const inspection = toInspection({ range, parts, counts, isReady, excluded, gaps });
    if (this.#source.withinMs !== undefined) inspection.summary.known = countKnown(all);
    return inspection;
  }

  async #read(range: MinuteRange): Promise<Findings> {
    const known = this.#found.get(keyOf(range));
    if (known) return known;
    const found = new Findings();
    for await (const past of this.#source.stream(range)) found.add(past);
    this.#found.set(keyOf(range), found);
    return found;
  }

  async #explain(range: MinuteRange, all: readonly Findings[]): Promise<Pick<Inspection, 'gaps'> & Explained> {
    const { trx, symbol, cut, withinMs } = this.#source;
    const invalidRows = all.flatMap((found) => found.invalidRows).sort((a, b) => a.openTime - b.openTime);
    const left = [
      ...leaveOut(all, (found) => found.unknown, UNKNOWN_REASON),
      ...leaveOut(all, (found) => found.known?.late ?? [], lateReason(withinMs ?? 0)),
      ...leaveOut(all, (found) => found.known?.unknown ?? [], UNKNOWN_FIRST_REASON),
    ];
    const present = mergeRanges([...all.flatMap((found) => found.present), ...left]);
    const rules = invalidRows.some(({ isFlagged }) => isFlagged)
      ? await findPastFlagRules(trx, symbol, range, cut)
      : new Map<number, string>();
    const facts = { missing: subtractRanges([range], present), invalidRows, rules };
    const { excluded, gaps } = await explainExcluded(trx, symbol, range, facts);
    return { excluded: [...excluded, ...left].sort((a, b) => a.from - b.from), gaps };
  }
}

interface Explained {
  excluded: Excluded[];
}

function keyOf({ from, to }: MinuteRange): string {
  return `${from}-${to}`;
}

function sum<T>(items: readonly T[], countOf: (item: T) => number): number {
  return items.reduce((total, item) => total + countOf(item), 0);
}

function leaveOut(all: readonly Findings[], minutesOf: (found: Findings) => Minute[], reason: string): Excluded[] {
  const minutes = all.flatMap(minutesOf).sort((a, b) => a - b);
  return toRanges(minutes).map((range) => ({ ...range, reason }));
}

function countKnown(all: readonly Findings[]): KnownCounts {
  const count = (name: keyof KnownCounts) => sum(all, ({ known }) => known?.[name].length ?? 0);
  return {
    replaced: count('replaced'),
    removed: count('removed'),
    late: count('late'),
    unknown: count('unknown'),
  };
}

/** Counts the rows of a range as they pass. */
class Findings {
  readonly valid: ValidRowCount = { rows: 0, bySource: {}, writtenUntil: null };
  readonly invalidRows: InvalidRow[] = [];
  /** Stretches of rows, ordered. */
  present: MinuteRange[] = [];
  /** Rows of which the audit log does not say how they were. */
  readonly unknown: Minute[] = [];
  /** With first versions only. */
  known: PastRows['known'];

  add({ rows, isUnknown, known }: PastRows): void {
    this.present = joinAdjacent([...this.present, ...toRanges(rows.openTime)], () => true);
    for (let at = 0; at < rows.length; at += 1) {
      const openTime = rows.openTime[at]!;
      if (isUnknown(at)) this.unknown.push(openTime);
      else if (isValidAt(rows, at)) this.#countValid(rows, at);
      else this.invalidRows.push(invalidRowAt(rows, at));
    }
    if (known) this.#addKnown(known);
  }

  #addKnown(known: NonNullable<PastRows['known']>): void {
    this.known ??= { replaced: [], removed: [], late: [], unknown: [] };
    for (const [name, minutes] of Object.entries(this.known)) {
      for (const minute of known[name as keyof KnownCounts]) minutes.push(minute);
    }
  }

  #countValid(rows: RowBlock, at: number): void {
    const count = this.valid;
    const source = sourceAt(rows, at);
    count.rows += 1;
    count.bySource[source] = (count.bySource[source] ?? 0) + 1;
    const writtenAt = rows.writtenAt[at]!;
    if (writtenAt > (count.writtenUntil?.getTime() ?? -Infinity)) count.writtenUntil = new Date(writtenAt);
  }
}
