import { CANDLE_FIELDS } from '../../src/core/candle.js';
import { BinaryWriter } from '../../src/database/format/binary-format.js';
import { INDICATOR_COLUMNS } from '../../src/indicators/indicators.js';
import type { RowBlock } from '../../src/rows/row-block.js';
import { SOURCE_TEXTS } from '../../src/tables/rolling-chart-data/block-encoding.js';
import { CHART_COLUMNS } from '../../src/tables/rolling-chart-data/columns.js';

const MAX_BYTES = 500;

/** A row of a block in COPY's binary format, without the header that precedes the first row. */
export function encodeRow(block: RowBlock, at: number): Buffer {
  const writer = new BinaryWriter(MAX_BYTES);
  writer.beginRow(CHART_COLUMNS.length);
  writer.writeTime(block.openTime[at]!);
  for (const name of [...CANDLE_FIELDS, ...INDICATOR_COLUMNS]) writer.writeNumber(block[name][at]!);
  writer.writeText(SOURCE_TEXTS[block.source[at]!]!);
  writer.writeBoolean(block.hasMissingData[at] === 1);
  writer.writeBoolean(block.isComplete[at] === 1);
  writer.writeTime(block.writtenAt[at]!);
  return writer.written;
}

type CopyValue = string | number | boolean | Date | null | undefined;

/** A value in COPY's text format; null and undefined are `\N`, a date is ISO 8601 in UTC. */
function copyText(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value instanceof Date) return value.toISOString();
  return value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}

/** A row in COPY's text format, with its line end. */
export function copyLine(values: readonly CopyValue[]): string {
  return `${values.map(copyText).join('\t')}\n`;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** An ErrorResponse of PostgreSQL's protocol, by the letters of its fields: severity S, code C, message M. */
export function encodeErrorResponse(fields: Readonly<Record<string, string>>): Buffer {
  const body = `${Object.entries(fields)
    .map(([letter, text]) => `${letter}${text}\0`)
    .join('')}\0`;
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + Buffer.byteLength(body));
  return Buffer.concat([Buffer.from('E'), length, Buffer.from(body)]);
}
