import { CANDLE_FIELDS } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import { COLUMN_DEFINITIONS, INDICATOR_COLUMNS, type IndicatorColumn } from '../indicators/indicators.js';
import { type RowBlock, sourceAt } from '../rows/row-block.js';
import type { TrainingBlock } from '../rows/training-row.js';

/** How a row of two sets differs: it is only in one of them, or what differs first in this order. */
export const DIFFERENCE_KINDS = ['only in A', 'only in B', 'candle', 'source', 'flag', 'indicators'] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** One column of a row in both sets; null is NULL, or no row. */
export interface DifferingField {
  name: string;
  a: number | string | boolean | null;
  b: number | string | boolean | null;
}

/** One row that differs. */
export interface Difference {
  symbol: string;
  openTime: Minute;
  kind: DifferenceKind;
  fields: DifferingField[];
}

/** Differing rows of one symbol that are given out at once: it bounds memory. */
const MAX_BATCH = 1_000;

/**
 * The rows that differ between two sets, both ordered by symbol and time, in batches of one symbol.
 *
 * @param isExact whether every bit of an indicator counts; otherwise its tolerance is allowed
 */
export async function* compareRows(
  a: AsyncIterable<TrainingBlock>,
  b: AsyncIterable<TrainingBlock>,
  isExact: boolean,
): AsyncGenerator<Difference[]> {
  const [left, right] = [new Cursor(a), new Cursor(b)];
  let batch: Difference[] = [];
  try {
    while ((await left.fill()) | (await right.fill())) {
      if (batch.length >= MAX_BATCH || (batch.length > 0 && batch[0]!.symbol !== firstSymbol(left, right))) {
        yield batch;
        batch = [];
      }
      compareBuffered(left, right, isExact, batch);
    }
    if (batch.length > 0) yield batch;
  } finally {
    await left.close();
    await right.close();
  }
}

/** A place in a stream of blocks. */
class Cursor {
  block: TrainingBlock | null = null;
  at = 0;
  readonly #blocks: AsyncIterator<TrainingBlock>;

  constructor(blocks: AsyncIterable<TrainingBlock>) {
    this.#blocks = blocks[Symbol.asyncIterator]();
  }

  /** Loads the next block when all rows of this one were used; 0 at the end. */
  async fill(): Promise<0 | 1> {
    while (!this.block || this.at >= this.block.length) {
      const next = await this.#blocks.next();
      this.block = next.done ? null : next.value;
      this.at = 0;
      if (next.done) return 0;
    }
    return 1;
  }

  async close(): Promise<void> {
    await this.#blocks.return?.();
  }
}

function firstSymbol(left: Cursor, right: Cursor): string {
  const [a, b] = [left.block?.symbol, right.block?.symbol];
  if (a === undefined) return b!;
  return b === undefined || a <= b ? a : b;
}

/** Compares rows of the first symbol until one of the blocks needs to be filled, or the batch is full. */
function compareBuffered(left: Cursor, right: Cursor, isExact: boolean, batch: Difference[]): void {
  const symbol = firstSymbol(left, right);
  const [a, b] = [left, right].map(({ block }) => (block?.symbol === symbol ? block : null)) as [
    TrainingBlock | null,
    TrainingBlock | null,
  ];
  while (batch.length < MAX_BATCH) {
    const timeA = a && left.at < a.length ? a.columns.openTime[left.at]! : Infinity;
    const timeB = b && right.at < b.length ? b.columns.openTime[right.at]! : Infinity;
    if ((a && timeA === Infinity) || (b && timeB === Infinity)) return;
    if (timeA < timeB) {
      batch.push({ symbol, openTime: timeA, kind: 'only in A', fields: fieldsOf(a!.columns, left.at, 'a') });
      left.at += 1;
    } else if (timeB < timeA) {
      batch.push({ symbol, openTime: timeB, kind: 'only in B', fields: fieldsOf(b!.columns, right.at, 'b') });
      right.at += 1;
    } else {
      const found = compareRow(a!.columns, left.at, b!.columns, right.at, isExact);
      if (found) batch.push({ symbol, openTime: timeA, ...found });
      left.at += 1;
      right.at += 1;
    }
  }
}

/** The candle and the source of a row that the other set does not have. */
function fieldsOf(columns: RowBlock, at: number, side: 'a' | 'b'): DifferingField[] {
  const values = [...CANDLE_FIELDS.map((name) => [name, toValue(columns[name][at]!)] as const)];
  return [...values, ['source', sourceAt(columns, at)] as const].map(([name, value]) =>
    side === 'a' ? { name, a: value, b: null } : { name, a: null, b: value },
  );
}

function compareRow(
  a: RowBlock,
  i: number,
  b: RowBlock,
  j: number,
  isExact: boolean,
): Pick<Difference, 'kind' | 'fields'> | null {
  const fields: DifferingField[] = [];
  let kind: DifferenceKind | null = null;
  const add = (of: DifferenceKind, field: DifferingField) => {
    kind ??= of;
    fields.push(field);
  };
  for (const name of CANDLE_FIELDS) {
    const [x, y] = [a[name][i]!, b[name][j]!];
    if (x !== y && !(Number.isNaN(x) && Number.isNaN(y))) add('candle', { name, a: toValue(x), b: toValue(y) });
  }
  if (a.source[i] !== b.source[j]) add('source', { name: 'source', a: sourceAt(a, i), b: sourceAt(b, j) });
  if (a.hasMissingData[i] !== b.hasMissingData[j]) {
    add('flag', { name: 'hasMissingData', a: a.hasMissingData[i] === 1, b: b.hasMissingData[j] === 1 });
  }
  for (const name of INDICATOR_COLUMNS) {
    const [x, y] = [a[name][i]!, b[name][j]!];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!isExact && isWithinTolerance(name, x, y, b.close[j]!)) continue;
    add('indicators', { name, a: toValue(x), b: toValue(y) });
  }
  return kind && { kind, fields };
}

function isWithinTolerance(name: IndicatorColumn, x: number, y: number, close: number): boolean {
  const { absolute = 0, ofClose = 0, ofValue = 0 } = COLUMN_DEFINITIONS[name].tolerance;
  return Math.abs(x - y) <= absolute + ofClose * close + ofValue * Math.abs(y);
}

function toValue(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}
