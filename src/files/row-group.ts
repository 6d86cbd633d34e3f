import { sourceAt, type RowBlock } from '../core/row-block.js';
import type { TrainingBlock } from '../core/training-batch.js';
import { TRAINING_COLUMNS, type TrainingColumn, type TrainingRow } from '../core/training-row.js';

type NumberName = Exclude<keyof TrainingRow, 'symbol' | 'source'>;
/** A column as Parquet's writer takes it. */
interface ColumnData {
  name: string;
  data: Float64Array | (string | number | null)[];
  encoding?: 'PLAIN';
}

/** Gathers rows until there are as many as a row group has: batches end elsewhere. */
export class RowGroup {
  readonly #size: number;
  readonly #symbols: string[] = [];
  readonly #sources: string[] = [];
  readonly #numbers: Readonly<Record<NumberName, Float64Array>>;

  constructor(size: number) {
    this.#size = size;
    const names = TRAINING_COLUMNS.filter(({ type }) => type !== 'string').map(({ name }) => name as NumberName);
    this.#numbers = Object.fromEntries(names.map((name) => [name, new Float64Array(size)])) as Record<
      NumberName,
      Float64Array
    >;
  }

  get isFull(): boolean {
    return this.#symbols.length === this.#size;
  }

  get isEmpty(): boolean {
    return this.#symbols.length === 0;
  }

  /** Takes what there is room for of a batch's rows from one on, and answers how many that was. */
  take({ symbol, length, columns }: TrainingBlock, from: number): number {
    const at = this.#symbols.length;
    const to = Math.min(length, from + this.#size - at);
    for (const [name, numbers] of Object.entries(this.#numbers)) {
      numbers.set(numbersOf(columns, name as NumberName).subarray(from, to), at);
    }
    for (let place = from; place < to; place += 1) {
      this.#symbols.push(symbol);
      this.#sources.push(sourceAt(columns, place));
    }
    return to - from;
  }

  /** The gathered rows; to be used before the next ones are taken. */
  get columnData(): ColumnData[] {
    return TRAINING_COLUMNS.map((column) => this.#columnOf(column));
  }

  clear(): void {
    this.#symbols.length = 0;
    this.#sources.length = 0;
  }

  #columnOf({ name, isNullable }: TrainingColumn): ColumnData {
    if (name === 'symbol') return { name, data: this.#symbols };
    if (name === 'source') return { name, data: this.#sources };
    const numbers = this.#numbers[name].subarray(0, this.#symbols.length);
    const isWhole = !isNullable || numbers.every(Number.isFinite);
    return {
      name,
      data: isWhole ? numbers : Array.from(numbers, (number) => (Number.isFinite(number) ? number : null)),
      // the writer's dictionaries hold 0 and -0 as one value
      ...(numbers.some(isNegativeZero) ? { encoding: 'PLAIN' } : {}),
    };
  }
}

function isNegativeZero(number: number): boolean {
  return Object.is(number, -0);
}

function numbersOf(columns: RowBlock, name: NumberName): Float64Array {
  return name === 'timestamp' ? columns.openTime : columns[name];
}
