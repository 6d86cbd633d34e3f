import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CANDLE_FIELDS, SOURCES } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { createBlock, type RowBlock, trimBlock } from '../../rows/row-block.js';
import { Digest, type ContentDigest } from '../sink.js';
import type { Blocks } from './format.js';
import { requireColumns } from './require-columns.js';

/** Rows that are in memory at once. */
const ROWS_PER_BLOCK = 10_000;

const NUMBER_FIELDS = [...CANDLE_FIELDS, ...INDICATOR_COLUMNS];

/** The values of a line, by column. */
type Cells = Record<string, unknown>;

/** A file and its form. */
export interface TrainingFileForm {
  format: 'csv' | 'jsonl' | 'parquet';
  isGzipped: boolean;
}

/**
 * Reads a training file as blocks of one symbol each, in its order, which must be by symbol and time.
 *
 * @throws Failure (failed) for a file that cannot be read, and for a line that is not a row; it names the line
 */
export async function* readTrainingFile(path: string, { format, isGzipped }: TrainingFileForm): Blocks {
  let length = 0;
  let [symbol, lastTime] = ['', -Infinity];
  let columns = createBlock(ROWS_PER_BLOCK);
  const rows = format === 'parquet' ? readParquetRows(path) : readLinesOfRows(path, format, isGzipped);
  for await (const { cells, place } of rows) {
    const ofSymbol = String(cells.symbol);
    if (ofSymbol !== symbol || length === ROWS_PER_BLOCK) {
      if (length > 0) yield { symbol, length, columns: trimBlock(columns, length) };
      [columns, length] = [createBlock(ROWS_PER_BLOCK), 0];
    }
    const time = cells.timestamp instanceof Date ? cells.timestamp.getTime() : Date.parse(String(cells.timestamp));
    const isOrdered = ofSymbol === symbol ? time > lastTime : ofSymbol > symbol;
    if (!isOrdered) throw toRowFailure(path, place, 'its rows are not ordered by symbol and time');
    [symbol, lastTime] = [ofSymbol, time];
    if (!setRow(columns, length, time, cells)) throw toRowFailure(path, place, 'its source is not known');
    length += 1;
  }
  if (length > 0) yield { symbol, length, columns: trimBlock(columns, length) };
}

/** A row, and where it is: `line 3`. */
interface PlacedRow {
  cells: Cells;
  place: string;
}

async function* readParquetRows(path: string): AsyncGenerator<PlacedRow> {
  const { readParquet } = await import('./read-parquet.js');
  let number = 0;
  for await (const { length, columns } of readParquet(path)) {
    for (let at = 0; at < length; at += 1) {
      number += 1;
      const cells: Cells = {};
      for (const name in columns) cells[name] = columns[name]![at];
      yield { cells, place: `row ${number}` };
    }
  }
}

async function* readLinesOfRows(path: string, format: 'csv' | 'jsonl', isGzipped: boolean): AsyncGenerator<PlacedRow> {
  const parseLine = format === 'csv' ? csvParser(path) : JSON.parse;
  let number = 0;
  for await (const line of readLines(path, isGzipped)) {
    number += 1;
    const place = `line ${number}`;
    const cells = toCells(parseLine as (text: string) => Cells | null, line, path, place);
    if (cells) yield { cells, place };
  }
}

function toCells(parseLine: (text: string) => Cells | null, line: string, path: string, place: string): Cells | null {
  try {
    const cells = parseLine(line);
    if (cells === null || typeof cells.symbol === 'string') return cells;
  } catch (error) {
    if (error instanceof Failure) throw error;
  }
  throw toRowFailure(path, place, 'it is not a row of a training set');
}

function setRow(columns: RowBlock, at: number, time: number, cells: Cells): boolean {
  columns.openTime[at] = time;
  columns.writtenAt[at] = NaN;
  for (const name of NUMBER_FIELDS) {
    const cell = cells[name];
    columns[name][at] = cell === null || cell === undefined || cell === '' ? NaN : Number(cell);
  }
  const source = SOURCES.findIndex((known) => known === cells.source);
  columns.source[at] = source;
  columns.isComplete[at] = 1;
  return source >= 0;
}

/** Parses lines of CSV; the first one names the columns and is no row. No value of a training file holds a comma. */
function csvParser(path: string): (line: string) => Cells | null {
  let names: string[] | null = null;
  return (line) => {
    const cells = line.split(',');
    if (names) return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
    names = cells;
    requireColumns(path, cells);
    return null;
  };
}

function toRowFailure(path: string, place: string, reason: string): Failure {
  return new Failure('failed', `${place} of "${path}" was not understood: ${reason}`, {
    hint: 'expected a file of export-training-set',
  });
}

async function* readLines(path: string, isGzipped: boolean): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of readChunks(path, isGzipped)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function* readChunks(path: string, isGzipped: boolean): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  try {
    yield* (isGzipped ? pipeline(file, createGunzip(), () => undefined) : file) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Failure('failed', `cannot read "${path}": ${(error as Error).message}`, { cause: error });
  } finally {
    file.destroy();
  }
}

/** The size and SHA-256 of a file. */
export async function digestFile(path: string): Promise<ContentDigest> {
  const digest = new Digest();
  for await (const chunk of readChunks(path, false)) digest.add(chunk);
  return digest.end();
}
