import { CANDLE_FIELDS } from '../../core/candle.js';
import { quoteCsvField } from '../../files/formats/csv-lines.js';
import type { ExplainedDifference } from './sum-differences.js';

/** The columns of the values in CSV: those of a candle, the source and the flag, in A and in B. */
const CSV_FIELDS = [...CANDLE_FIELDS, 'source', 'hasMissingData'] as const;

export const CSV_HEADER = `${[
  ...['symbol', 'timestamp', 'kind'],
  ...CSV_FIELDS.flatMap((name) => [`${name}_a`, `${name}_b`]),
  ...['job', 'command', 'reason'],
].join(',')}\n`;

/** A row that differs as CSV; columns that are the same in both are empty. */
export function toCsvLine({ symbol, openTime, kind, fields, cause, because }: ExplainedDifference): string {
  const values = CSV_FIELDS.flatMap((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    return [field?.a ?? '', field?.b ?? ''];
  });
  const job = [cause?.jobId ?? '', cause?.command ?? '', because ?? ''];
  const cells = [symbol, new Date(openTime).toISOString(), kind, ...values, ...job];
  return `${cells.map((cell) => quoteCsvField(String(cell))).join(',')}\n`;
}
