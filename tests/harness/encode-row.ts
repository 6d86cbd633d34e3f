import { CANDLE_FIELDS } from '../../src/core/candle.js';
import { INDICATOR_COLUMNS } from '../../src/core/indicator-columns.js';
import type { RowBlock } from '../../src/core/row-block.js';
import { BinaryWriter } from '../../src/store/binary-format.js';
import { SOURCE_TEXTS } from '../../src/store/block-decoder.js';
import { SELECTED } from '../../src/store/chart-columns.js';

const MOST_BYTES = 500;

/** A row of a block as the server sends it in COPY's binary format; the first row of all has the header before it. */
export function encodeRow(block: RowBlock, at: number): Buffer {
  const writer = new BinaryWriter(MOST_BYTES);
  writer.beginRow(SELECTED.length);
  writer.time(block.openTime[at]!);
  for (const name of [...CANDLE_FIELDS, ...INDICATOR_COLUMNS]) writer.number(block[name][at]!);
  writer.text(SOURCE_TEXTS[block.source[at]!]!);
  writer.boolean(block.hasMissingData[at] === 1);
  writer.boolean(block.isComplete[at] === 1);
  writer.time(block.writtenAt[at]!);
  return writer.written;
}
