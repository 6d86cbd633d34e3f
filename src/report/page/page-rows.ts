import { MINUTE_MS } from '../../core/minute.js';
import { STATES, type ChartPayload, type PayloadColumn } from '../chart-payload.js';
import { unpack } from '../column-codec.js';

/** A symbol's rows as the page works with them: in columns, found by the minute's place in the range. */
export class PageRows {
  readonly payload: ChartPayload;
  /** Minutes of the range, with or without a row. */
  readonly minutes: number;
  readonly #columns: ReadonlyMap<PayloadColumn, Float64Array>;
  readonly #decimals: ReadonlyMap<PayloadColumn, number | null>;
  /** By minute, the row's place; -1 for none. */
  readonly #places: Int32Array;

  constructor(payload: ChartPayload, bytes: Uint8Array) {
    this.payload = payload;
    this.minutes = (payload.to - payload.from) / MINUTE_MS;
    this.#columns = unpackColumns(payload, bytes);
    this.#decimals = new Map(payload.columns.map(({ name, decimals }) => [name, decimals]));
    this.#places = new Int32Array(this.minutes).fill(-1);
    this.column('minute').forEach((minute, place) => (this.#places[minute] = place));
  }

  /** The row's place of a minute, counted from the range's beginning; -1 when there is none. */
  placeOf(minute: number): number {
    return this.#places[minute] ?? -1;
  }

  /** A column's numbers by the row's place; NaN is "no number". */
  column(name: PayloadColumn): Float64Array {
    const column = this.#columns.get(name);
    if (!column) throw new Error(`the page has no column "${name}"`);
    return column;
  }

  /** How many decimals the column's numbers are shown with; null: as many as each has. */
  decimalsOf(name: PayloadColumn): number | null {
    return this.#decimals.get(name) ?? null;
  }

  is(state: keyof typeof STATES, place: number): boolean {
    return (this.column('state')[place]! & STATES[state]) !== 0;
  }

  /** Seconds since the epoch: how the chart counts time. */
  secondsAt(minute: number): number {
    return this.payload.from / 1000 + minute * 60;
  }
}

/** Reads a symbol's rows out of the page. */
export async function readRows(element: Element): Promise<PageRows> {
  const payload = JSON.parse(element.textContent) as ChartPayload;
  const packed = Uint8Array.from(atob(payload.data), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new PageRows(payload, new Uint8Array(await new Response(stream).arrayBuffer()));
}

/** Cuts the columns apart: they are of one length, each so many bytes wide. */
function unpackColumns({ columns }: ChartPayload, bytes: Uint8Array): Map<PayloadColumn, Float64Array> {
  const length = bytes.length / columns.reduce((sum, { width }) => sum + width, 0);
  let start = 0;
  return new Map(
    columns.map(({ name, decimals, width }) => {
      const end = start + width * length;
      const column = unpack({ decimals, width, bytes: bytes.subarray(start, end) });
      start = end;
      return [name, column];
    }),
  );
}
