import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CANDLE_FIELDS, SOURCES } from '../../core/candle.js';
import { Failure } from '../../core/failure.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { createBlock, type RowBlock, trimBlock } from '../../rows/row-block.js';
import { TRAINING_COLUMNS } from '../../rows/training-row.js';
import { Digest, type ContentDigest } from '../sink.js';
import type { Blocks } from './format.js';

/** Rows that are in memory at once. */
const ROWS_PER_BLOCK = 10_000;

const NUMBER_FIELDS = [...CANDLE_FIELDS, ...INDICATOR_COLUMNS];

/** The values of a line, by column. */
type Cells = Record<string, unknown>;

/**
 * Reads a training file of CSV or JSON Lines as blocks of one symbol each, in its order, which must be by symbol and time.
 *
 * @throws Failure (failed) for a file that cannot be read, and for a line that is not a row; it names the line
 */
export async function* readTrainingFile(
  path: string,
  { format, isGzipped }: { format: 'csv' | 'jsonl'; isGzipped: boolean },
): Blocks {
  const parseLine = format === 'csv' ? csvParser(path) : JSON.parse;
  let [number, length] = [0, 0];
  let [symbol, lastTime] = ['', -Infinity];
  let columns = createBlock(ROWS_PER_BLOCK);
  for await (const line of readLines(path, isGzipped)) {
    number += 1;
    const cells = toCells(parseLine as (text: string) => Cells | null, line, path, number);
    if (!cells) continue;
    const ofSymbol = String(cells.symbol);
    if (ofSymbol !== symbol || length === ROWS_PER_BLOCK) {
      if (length > 0) yield { symbol, length, columns: trimBlock(columns, length) };
      [columns, length] = [createBlock(ROWS_PER_BLOCK), 0];
    }
    const time = Date.parse(String(cells.timestamp));
    const isOrdered = ofSymbol === symbol ? time > lastTime : ofSymbol > symbol;
    if (!isOrdered) throw toLineFailure(path, number, 'its rows are not ordered by symbol and time');
    [symbol, lastTime] = [ofSymbol, time];
    if (!setRow(columns, length, time, cells)) throw toLineFailure(path, number, 'its source is not known');
    length += 1;
  }
  if (length > 0) yield { symbol, length, columns: trimBlock(columns, length) };
}

function toCells(parseLine: (text: string) => Cells | null, line: string, path: string, number: number): Cells | null {
  try {
    const cells = parseLine(line);
    if (cells === null || typeof cells.symbol === 'string') return cells;
  } catch (error) {
    if (error instanceof Failure) throw error;
  }
  throw toLineFailure(path, number, 'it is not a row of a training set');
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
    const missing = TRAINING_COLUMNS.filter(({ name }) => !cells.includes(name)).map(({ name }) => name);
    if (missing.length === 0) return null;
    throw new Failure('failed', `"${path}" is not a training file: its header has no ${missing.join(', ')}`);
  };
}

function toLineFailure(path: string, number: number, reason: string): Failure {
  return new Failure('failed', `line ${number} of "${path}" was not understood: ${reason}`, {
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
