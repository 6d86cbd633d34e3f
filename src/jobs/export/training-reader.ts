import type { MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { toCsvLines } from '../../files/formats/csv-lines.js';
import { type AsOf, findInstant, type Instant } from '../../tables/past/instant.js';
import { streamKnownRows } from '../../tables/past/known-rows.js';
import { streamPastRows } from '../../tables/past/past-rows.js';
import { streamTrainingBlocks, streamTrainingLines } from '../../tables/rolling-chart-data/training-rows.js';
import { inspectTrainingSet, type Inspection, type TrainingReader } from './inspect-training-set.js';
import { PastSet } from './past-set.js';

/** Which versions of the rows are read; by default the present ones. */
export interface Versions {
  /** Those of a past instant. */
  asOf?: AsOf | undefined;
  /** The first ones, of those that were stored at most this long after their minute had closed, in milliseconds. */
  knownWithinMs?: number | undefined;
}

/** A reader of these versions of the rows. The audit log has to reach back to a past instant for each of the symbols. */
export async function openTrainingReader(
  trx: Transaction,
  { asOf, knownWithinMs }: Versions,
  symbols: readonly string[],
): Promise<TrainingReader> {
  const instant = asOf ? await findInstant(trx, asOf, symbols) : null;
  return instant || knownWithinMs !== undefined ? readPast(trx, instant, knownWithinMs) : readPresent(trx);
}

function readPresent(trx: Transaction): TrainingReader {
  return {
    instant: null,
    countsWhileReading: false,
    inspect: (symbols, range, parts) => inspectTrainingSet(trx, symbols, range, parts),
    blocks: (symbol, range) => streamTrainingBlocks(trx, symbol, range),
    lines: (symbol, range) => streamTrainingLines(trx, symbol, range),
  };
}

function readPast(trx: Transaction, instant: Instant | null, withinMs: number | undefined): TrainingReader {
  const sets = new Map<string, PastSet>();
  const setOf = (symbol: string) => {
    const cut = instant?.cutOf(symbol) ?? null;
    const stream = (range: MinuteRange) =>
      withinMs === undefined
        ? streamPastRows(trx, symbol, range, cut ?? 'infinity')
        : streamKnownRows(trx, symbol, range, { withinMs, cut });
    const set = sets.get(symbol) ?? new PastSet({ trx, symbol, stream, cut: cut ?? 'infinity', withinMs });
    sets.set(symbol, set);
    return set;
  };
  return {
    instant,
    countsWhileReading: true,
    inspect: async (symbols, range, parts) => {
      const found = new Map<string, Inspection>();
      for (const symbol of symbols) found.set(symbol, await setOf(symbol).inspect(range, parts));
      return found;
    },
    blocks: (symbol, range) => setOf(symbol).blocks(range),
    lines: (symbol, range) => toCsvLines(setOf(symbol).blocks(range)),
  };
}
