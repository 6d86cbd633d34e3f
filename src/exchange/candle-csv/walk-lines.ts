import { findLineEnd, invalidLine } from '../kline-line.js';
import type { CsvLayout } from './csv-layout.js';
import type { LineBlock } from './read-blocks.js';
import { createBounds, type FieldBounds, splitFields } from './split-fields.js';

/** Where a line is in its file. */
export interface LinePlace {
  /** From 1. */
  line: number;
  /** In bytes of the uncompressed content, from the beginning of the line to that of the next one. */
  from: number;
  to: number;
}

/** Gets the fields of a line; what it is given is only valid during the call. */
export type VisitLine = (csv: Buffer, bounds: FieldBounds, place: LinePlace) => void;

/**
 * Calls `visit` for each line of a block that is not empty.
 *
 * @param start the first byte in the block, and its line
 * @returns the line after the block
 * @throws ArchiveFault (`content`) for a line with more or fewer fields than the layout has
 */
export function walkLines(
  { bytes, offset }: LineBlock,
  layout: CsvLayout,
  start: { at: number; line: number },
  visit: VisitLine,
): number {
  const bounds = createBounds();
  const place: LinePlace = { line: start.line, from: 0, to: 0 };
  for (let at = start.at; at < bytes.length; place.line += 1) {
    const { end, next } = findLineEnd(bytes, at);
    if (end > at) {
      const fields = splitFields(bytes, at, end, bounds);
      if (fields !== layout.fields) {
        throw invalidLine(place.line, `it has ${fields} fields, expected ${layout.fields}`);
      }
      place.from = offset + at;
      place.to = offset + next;
      visit(bytes, bounds, place);
    }
    at = next;
  }
  return place.line;
}
