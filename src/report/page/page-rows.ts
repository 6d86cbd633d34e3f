import { MINUTE_MS } from '../../core/minute.js';
import { STATES, type ChartPayload, type PayloadColumn } from '../payload/chart-payload.js';
import { unpack } from '../payload/column-codec.js';
import { createExpectations } from '../payload/expected-columns.js';

/** A symbol's rows in columns, found by minute, which is counted from the range's beginning. */
export class PageRows {
  readonly payload: ChartPayload;
  /** The flags of the range, by time. */
  readonly flags: readonly { minute: number; rule: string; isOpen: boolean }[];
  /** Minutes of the range, with or without a row. */
  readonly minutes: number;
  readonly #columns: ReadonlyMap<PayloadColumn, Float64Array>;
  readonly #decimals: ReadonlyMap<PayloadColumn, number | null>;
  /** By minute, the row's index; -1 for none. */
  readonly #indices: Int32Array;
  readonly #byMinute = new Map<PayloadColumn, Float64Array>();

  constructor(payload: ChartPayload, bytes: Uint8Array) {
    this.payload = payload;
    const { flags, rules } = payload;
    this.flags = flags.map(([minute, rule, isOpen]) => ({ minute, rule: rules[rule]!, isOpen: isOpen === 1 }));
    this.minutes = (payload.to - payload.from) / MINUTE_MS;
    this.#columns = unpackColumns(payload, bytes);
    this.#decimals = new Map(payload.columns.map(({ name, decimals }) => [name, decimals]));
    this.#indices = new Int32Array(this.minutes).fill(-1);
    this.column('minute').forEach((minute, index) => (this.#indices[minute] = index));
  }

  /** The index of a minute's row; -1 when there is none. */
  indexOf(minute: number): number {
    return this.#indices[minute] ?? -1;
  }

  /** A column's numbers by row index; NaN is "no number". */
  column(name: PayloadColumn): Float64Array {
    const column = this.#columns.get(name);
    if (!column) throw new Error(`the page has no column "${name}"`);
    return column;
  }

  /** A column's numbers by minute; NaN is "no number", or no row. */
  byMinute(name: PayloadColumn): Float64Array {
    const known = this.#byMinute.get(name);
    if (known) return known;
    const values = new Float64Array(this.minutes).fill(NaN);
    const numbers = this.column(name);
    this.column('minute').forEach((minute, index) => (values[minute] = numbers[index]!));
    this.#byMinute.set(name, values);
    return values;
  }

  /** The number of decimals that the column is shown with; null: all that each number has. */
  decimalsOf(name: PayloadColumn): number | null {
    return this.#decimals.get(name) ?? null;
  }

  hasState(state: keyof typeof STATES, index: number): boolean {
    return (this.column('state')[index]! & STATES[state]) !== 0;
  }

  /** Seconds since the epoch, the chart's unit of time. */
  secondsAt(minute: number): number {
    return this.payload.from / 1000 + minute * 60;
  }
}

/** Reads a symbol's rows from its script element. */
export async function readRows(element: Element): Promise<PageRows> {
  const payload = JSON.parse(element.textContent) as ChartPayload;
  const packed = Uint8Array.from(atob(payload.data), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new PageRows(payload, new Uint8Array(await new Response(stream).arrayBuffer()));
}

/** Splits the bytes into columns, all of one length, each with its own width in bytes. */
function unpackColumns({ columns, from }: ChartPayload, bytes: Uint8Array): Map<PayloadColumn, Float64Array> {
  const length = bytes.length / columns.reduce((sum, { width }) => sum + width, 0);
  let start = 0;
  const expect = createExpectations(from);
  const found = new Map<PayloadColumn, Float64Array>();
  for (const { name, decimals, width } of columns) {
    const end = start + width * length;
    found.set(name, unpack({ decimals, width, bytes: bytes.subarray(start, end) }, expect(name, found)));
    start = end;
  }
  return found;
}
