import { areSoundNumbers, CANDLE_FIELDS, type CandleField, type Source, SOURCES } from '../core/candle.js';
import type { Minute } from '../core/minute.js';
import { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from '../indicators/indicators.js';
import type { ChartRow } from './chart-row.js';
import type { InvalidRow } from './row-state.js';

/** The columns of numbers; times are epoch milliseconds, and a `writtenAt` of NaN is that of a row not written by chartctl. */
const NUMBER_COLUMNS = ['openTime', 'writtenAt', ...CANDLE_FIELDS, ...INDICATOR_COLUMNS] as const;
/** The columns of bytes: an index in `SOURCES`, and two booleans as 1 or 0. */
const BYTE_COLUMNS = ['source', 'hasMissingData', 'isComplete'] as const;

/** Stands for an indicator that the database holds as NaN, which is never valid; NaN itself stands for NULL. */
export const STORED_NAN = Infinity;

/**
 * Rows of one symbol in columns, ordered by time: 163 bytes a row, several times less than a `ChartRow`.
 *
 * NULL is NaN.
 */
export type RowBlock = Readonly<
  { length: number } & Record<(typeof NUMBER_COLUMNS)[number], Float64Array> &
    Record<(typeof BYTE_COLUMNS)[number], Uint8Array>
>;

/** A block of zeros. */
export function createBlock(length: number): RowBlock {
  return buildBlock(
    length,
    () => new Float64Array(length),
    () => new Uint8Array(length),
  );
}

/** The first rows of a block, sharing its memory. */
export function trimBlock(block: RowBlock, length: number): RowBlock {
  return sliceBlock(block, 0, length);
}

/** The rows of a block from index `from` up to `to`, sharing its memory. */
export function sliceBlock(block: RowBlock, from: number, to: number): RowBlock {
  return buildBlock(
    to - from,
    (name) => block[name].subarray(from, to),
    (name) => block[name].subarray(from, to),
  );
}

/** A longer block that begins with the same rows. */
export function growBlock(block: RowBlock, length: number): RowBlock {
  const grown = createBlock(length);
  for (const name of NUMBER_COLUMNS) grown[name].set(block[name]);
  for (const name of BYTE_COLUMNS) grown[name].set(block[name]);
  return grown;
}

/** Copies the rows from `from` up to `to` of `source` into `target`, beginning at index `at`. */
export function copyRows(target: RowBlock, at: number, source: RowBlock, from: number, to: number): void {
  if (to - from === 1) {
    // creating a view of each column costs more than copying one row
    for (const name of NUMBER_COLUMNS) target[name][at] = source[name][from]!;
    for (const name of BYTE_COLUMNS) target[name][at] = source[name][from]!;
    return;
  }
  for (const name of NUMBER_COLUMNS) target[name].set(source[name].subarray(from, to), at);
  for (const name of BYTE_COLUMNS) target[name].set(source[name].subarray(from, to), at);
}

/** A block of the same rows in the order of time. */
export function sortBlock(block: RowBlock): RowBlock {
  const order = Array.from(block.openTime.keys()).sort((a, b) => block.openTime[a]! - block.openTime[b]!);
  const sorted = createBlock(block.length);
  for (const [at, from] of order.entries()) copyRows(sorted, at, block, from, from + 1);
  return sorted;
}

/** Converts records to a block. */
export function toBlock(rows: readonly ChartRow[]): RowBlock {
  const block = createBlock(rows.length);
  for (const [i, row] of rows.entries()) {
    block.openTime[i] = row.openTime;
    block.writtenAt[i] = row.writtenAt?.getTime() ?? NaN;
    for (const field of CANDLE_FIELDS) block[field][i] = row[field] ?? NaN;
    for (const column of INDICATOR_COLUMNS) block[column][i] = fromStored(row.indicators[column]);
    block.source[i] = SOURCES.indexOf(row.source);
    block.hasMissingData[i] = Number(row.hasMissingData);
    block.isComplete[i] = Number(row.isComplete);
  }
  return block;
}

function fromStored(indicator: number | null): number {
  if (indicator === null) return NaN;
  return Number.isNaN(indicator) ? STORED_NAN : indicator;
}

/** Converts one row of a block to a record. */
export function rowAt(block: RowBlock, index: number): ChartRow {
  const numberIn = (name: CandleField | IndicatorColumn | 'writtenAt') => {
    const number = block[name][index]!;
    return Number.isNaN(number) ? null : number;
  };
  const writtenAt = numberIn('writtenAt');
  return {
    openTime: block.openTime[index]!,
    open: numberIn('open'),
    high: numberIn('high'),
    low: numberIn('low'),
    close: numberIn('close'),
    volume: numberIn('volume'),
    indicators: Object.fromEntries(INDICATOR_COLUMNS.map((column) => [column, numberIn(column)])) as Indicators,
    source: sourceAt(block, index),
    hasMissingData: block.hasMissingData[index] === 1,
    isComplete: block.isComplete[index] === 1,
    writtenAt: writtenAt === null ? null : new Date(writtenAt),
  };
}

export function sourceAt(block: RowBlock, index: number): Source {
  return SOURCES[block.source[index]!]!;
}

export function minutesAt(block: RowBlock, indices: readonly number[]): Minute[] {
  return indices.map((index) => block.openTime[index]!);
}

/** The same, for many rows. */
export function timesAt({ openTime }: RowBlock, indices: readonly number[]): Float64Array {
  const times = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i += 1) times[i] = openTime[indices[i]!]!;
  return times;
}

/** `isSound` for a row of columns. */
export function isSoundAt(block: Readonly<Record<CandleField, Float64Array>>, index: number): boolean {
  return areSoundNumbers(
    block.open[index]!,
    block.high[index]!,
    block.low[index]!,
    block.close[index]!,
    block.volume[index]!,
  );
}

/** Whether a row of columns is complete: marked so, and all indicators are finite numbers. */
export function isCompleteAt(block: RowBlock, index: number): boolean {
  return block.isComplete[index] === 1 && INDICATOR_COLUMNS.every((column) => Number.isFinite(block[column][index]));
}

/** `isValid` for a row of columns. */
export function isValidAt(block: RowBlock, index: number): boolean {
  return block.hasMissingData[index] !== 1 && isSoundAt(block, index) && isCompleteAt(block, index);
}

/** A row of a block that is not valid; whether its flag was kept on request is not known here. */
export function invalidRowAt(block: RowBlock, index: number): InvalidRow {
  return {
    openTime: block.openTime[index]!,
    isSound: isSoundAt(block, index),
    isComplete: isCompleteAt(block, index),
    isFlagged: block.hasMissingData[index] === 1,
    isKeptFlagged: false,
    isFallback: sourceAt(block, index) === 'FALLBACK',
    isManaged: !Number.isNaN(block.writtenAt[index]),
  };
}

/**
 * An empty block as JSON. Objects that are parsed from it have their properties in fields; so many properties that are
 * added by variable names would be in a hash table of each block, and V8 would compile functions over blocks for one block
 * after the other.
 */
const EMPTY_BLOCK = JSON.stringify({
  length: 0,
  ...Object.fromEntries([...NUMBER_COLUMNS, ...BYTE_COLUMNS].map((name) => [name, null])),
});

function buildBlock(
  length: number,
  numbersOf: (name: (typeof NUMBER_COLUMNS)[number]) => Float64Array,
  marksOf: (name: (typeof BYTE_COLUMNS)[number]) => Uint8Array,
): RowBlock {
  const block = JSON.parse(EMPTY_BLOCK) as Record<string, number | Float64Array | Uint8Array>;
  block.length = length;
  for (const name of NUMBER_COLUMNS) block[name] = numbersOf(name);
  for (const name of BYTE_COLUMNS) block[name] = marksOf(name);
  return block as unknown as RowBlock;
}
