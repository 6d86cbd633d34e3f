import { SOURCES } from '../../core/candle.js';
import { DAY_MS, type Minute } from '../../core/minute.js';
import { TRAINING_COLUMNS, type TrainingBlock, type TrainingLines } from '../../rows/training-row.js';
import type { Blocks, Lines } from './format.js';
import { toIsoTime } from './format.js';

/** Bounds the text that is in memory at once. */
const ROWS_PER_BATCH = 1_000;

/** Formats rows as the database does: the same bytes for the same rows. */
export async function* toCsvLines(blocks: Blocks): Lines {
  for await (const block of blocks) {
    const lineAt = lineFormatter(block);
    for (let start = 0; start < block.length; start += ROWS_PER_BATCH) {
      const end = Math.min(block.length, start + ROWS_PER_BATCH);
      let text = '';
      for (let at = start; at < end; at += 1) text += lineAt(at);
      yield { length: end - start, bytes: Buffer.from(text) } satisfies TrainingLines;
    }
  }
}

function lineFormatter({ symbol, columns }: TrainingBlock): (at: number) => string {
  const numbers = TRAINING_COLUMNS.flatMap(({ name, type }) => (type === 'number' ? [columns[name as 'open']] : []));
  const prefix = `${quoteCsvField(symbol)},`;
  const timeAt = timeFormatter();
  return (at) => {
    let line = prefix + timeAt(columns.openTime[at]!);
    for (const column of numbers) line += `,${formatCsvNumber(column[at]!)}`;
    return `${line},${SOURCES[columns.source[at]!]!}\n`;
  };
}

/** Formats times; the date is made once for all minutes of a day. */
function timeFormatter(): (minute: Minute) => string {
  let [day, date] = [NaN, ''];
  return (minute) => {
    if (!(minute >= day && minute < day + DAY_MS)) {
      day = Math.floor(minute / DAY_MS) * DAY_MS;
      date = toIsoTime(day).slice(0, -'00:00:00Z'.length);
    }
    const ofDay = (minute - day) / 60_000;
    const [hours, minutes] = [Math.floor(ofDay / 60), ofDay % 60];
    return `${date}${hours < 10 ? '0' : ''}${hours}:${minutes < 10 ? '0' : ''}${minutes}:00Z`;
  };
}

/** From this number on, and below the other one, PostgreSQL writes an exponent, of two digits at least. */
const [MIN_EXPONENTIAL, MIN_PLAIN] = [1e15, 1e-4];

/**
 * The shortest text that reads back as the same double, in PostgreSQL's form; a number that is not finite is an empty field.
 *
 * @example formatCsvNumber(1e-8) // '1e-08'
 */
export function formatCsvNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= MIN_PLAIN && size < MIN_EXPONENTIAL) return `${value}`;
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (!Number.isFinite(value)) return '';
  const text = size < 1e-6 ? `${value}` : value.toExponential();
  const sign = text.lastIndexOf('e') + 1;
  return text.length - sign > 2 ? text : `${text.slice(0, sign + 1)}0${text.slice(sign + 1)}`;
}

/** A field with quotation marks where it needs them. */
export function quoteCsvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
