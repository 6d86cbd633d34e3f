import type { MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import { toCsvLines } from '../../files/formats/csv-lines.js';
import type { Blocks } from '../../files/formats/format.js';
import { type AsOf, findInstant, type Instant } from '../../tables/past/instant.js';
import { selectValid, streamPastRows } from '../../tables/past/past-rows.js';
import { streamTrainingBlocks, streamTrainingLines } from '../../tables/rolling-chart-data/training-rows.js';
import { inspectPastSet } from './inspect-past-set.js';
import { inspectTrainingSet, type Inspection, type TrainingReader } from './inspect-training-set.js';

/** A reader of the present rows, or of those at an instant, which the audit log has to reach for each of the symbols. */
export async function openTrainingReader(
  trx: Transaction,
  asOf: AsOf | undefined,
  symbols: readonly string[],
): Promise<TrainingReader> {
  return asOf ? readPast(trx, await findInstant(trx, asOf, symbols)) : readPresent(trx);
}

function readPresent(trx: Transaction): TrainingReader {
  return {
    instant: null,
    inspect: (symbols, range, parts) => inspectTrainingSet(trx, symbols, range, parts),
    blocks: (symbol, range) => streamTrainingBlocks(trx, symbol, range),
    lines: (symbol, range) => streamTrainingLines(trx, symbol, range),
  };
}

function readPast(trx: Transaction, instant: Instant): TrainingReader {
  const blocks = (symbol: string, range: MinuteRange) => streamPastBlocks(trx, symbol, range, instant.cutOf(symbol));
  return {
    instant,
    inspect: async (symbols, range, parts) => {
      const found = new Map<string, Inspection>();
      for (const symbol of symbols) {
        found.set(symbol, await inspectPastSet(trx, { symbol, range, parts, cut: instant.cutOf(symbol) }));
      }
      return found;
    },
    blocks,
    lines: (symbol, range) => toCsvLines(blocks(symbol, range)),
  };
}

/** The valid rows of a symbol as they were, ordered by time, as blocks of columns. */
export async function* streamPastBlocks(trx: Transaction, symbol: string, range: MinuteRange, cut: string): Blocks {
  for await (const past of streamPastRows(trx, symbol, range, cut)) {
    const columns = selectValid(past);
    yield { symbol, length: columns.length, columns };
  }
}
