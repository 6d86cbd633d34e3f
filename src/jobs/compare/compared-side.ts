import { existsSync } from 'node:fs';
import { Failure } from '../../core/failure.js';
import type { Minute } from '../../core/minute.js';
import { hullOf, type MinuteRange } from '../../core/range.js';
import type { Transaction } from '../../database/store.js';
import type { Blocks } from '../../files/formats/format.js';
import { findFormat } from '../../files/formats/formats.js';
import { readTrainingFile } from '../../files/formats/read-training-file.js';
import { findManifest } from '../../files/read-manifest.js';
import { sliceBlock } from '../../rows/row-block.js';
import { type AsOf, findInstant } from '../../tables/past/instant.js';
import { selectRecorded, streamPastRows } from '../../tables/past/past-rows.js';
import { openTrainingReader } from '../export/training-reader.js';
import { type ExportedSet, findExportedSet } from './find-exported-set.js';
import { readChunks } from './read-chunks.js';

/** What is compared: a file, an export by its job, the table at the end of another job, at a time, or now. */
export type ComparedName = { path: string } | AsOf | 'now';

/** One of the two sets that are compared. */
export interface ComparedSide {
  /** Null: those of the table. */
  symbols: readonly string[] | null;
  /** Null: all of the table. */
  range: MinuteRange | null;
  /** Whether it holds valid rows only, as a training set. */
  isTrainingSet: boolean;
  /** Reads the rows, in the order of symbols and time. */
  open(request: SideRequest): Promise<OpenedSide>;
}

/** Which rows are read. */
export interface SideRequest {
  symbols: readonly string[];
  rangeOf: (symbol: string) => MinuteRange | null | Promise<MinuteRange | null>;
  /** Only valid ones. */
  isValidOnly: boolean;
  signal: AbortSignal | undefined;
}

export interface OpenedSide {
  /** Entries of the audit log later than this are not in the set; as the database prints times. */
  cutOf: (symbol: string) => string;
  blocks(): Blocks;
}

/** Finds out what a name means. */
export async function findSide(trx: Transaction, name: ComparedName): Promise<ComparedSide> {
  if (name === 'now') return tableSide(trx, null);
  if ('path' in name) return findFileSide(trx, name.path);
  if ('time' in name) return tableSide(trx, name);
  const set = await findExportedSet(trx, name).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'NO_EXPORT') return null;
    throw error;
  });
  return set ? exportSide(trx, set, hullOfFiles(set)) : tableSide(trx, name);
}

/** The table as it was. */
function tableSide(trx: Transaction, asOf: AsOf | null): ComparedSide {
  return {
    ...{ symbols: null, range: null, isTrainingSet: false },
    open: async ({ symbols, rangeOf, isValidOnly, signal }) => {
      const instant = asOf && (await findInstant(trx, asOf, symbols));
      const cutOf = (symbol: string) => instant?.cutOf(symbol) ?? 'infinity';
      const reader = isValidOnly ? await openTrainingReader(trx, { asOf: asOf ?? undefined }, symbols) : null;
      const read = (symbol: string, chunk: MinuteRange): Blocks =>
        reader ? reader.blocks(symbol, chunk) : readAll(trx, symbol, chunk, cutOf(symbol));
      return { cutOf, blocks: () => readChunks(symbols, rangeOf, read, signal) };
    },
  };
}

/** Every row, valid or not. */
async function* readAll(trx: Transaction, symbol: string, range: MinuteRange, cut: string): Blocks {
  for await (const past of streamPastRows(trx, symbol, range, cut)) {
    const columns = selectRecorded(past);
    yield { symbol, length: columns.length, columns };
  }
}

/** The rows of an export, as the audit log has them. */
function exportSide(trx: Transaction, { symbols, asOf, knownWithinMs }: ExportedSet, range: MinuteRange): ComparedSide {
  return {
    ...{ symbols, range, isTrainingSet: true },
    open: async (request) => {
      const own = request.symbols.filter((symbol) => symbols.includes(symbol));
      const reader = await openTrainingReader(trx, { asOf, knownWithinMs }, own);
      const rangeOf = async (symbol: string) => meet(await request.rangeOf(symbol), range);
      return {
        cutOf: (symbol) => reader.instant!.cutOf(symbol),
        blocks: () => readChunks(own, rangeOf, (symbol, chunk) => reader.blocks(symbol, chunk), request.signal),
      };
    },
  };
}

/** A file. */
async function findFileSide(trx: Transaction, path: string): Promise<ComparedSide> {
  const set = findManifest(path) === null ? null : await findUnchanged(trx, path);
  if (!existsSync(path)) {
    throw new Failure('usage', `there is no file "${path}"`, {
      hint: 'expected a training file, a time such as 2025-06-01T12:00Z, a job by its number, or now',
    });
  }
  const { format, isGzipped } = findFormat(path);
  const read = () => readTrainingFile(path, { format, isGzipped });
  const { symbols, range } = set ? { ...set, range: hullOfFiles(set) } : await findExtent(read());
  return {
    ...{ symbols, range, isTrainingSet: true },
    open: async ({ symbols: asked, rangeOf }) => {
      const reader = set && (await openTrainingReader(trx, { asOf: set.asOf }, set.symbols));
      return {
        cutOf: (symbol) => reader?.instant?.cutOf(symbol) ?? '-infinity',
        blocks: () => within(read(), asked, rangeOf),
      };
    },
  };
}

/** How a file was exported; null if it was changed since, or by another database: then only its text counts. */
async function findUnchanged(trx: Transaction, path: string): Promise<ExportedSet | null> {
  try {
    return await findExportedSet(trx, { path });
  } catch (error) {
    if (error instanceof Failure && existsSync(path)) return null;
    throw error;
  }
}

/** The symbols of a file, and its first and last minute. */
async function findExtent(blocks: Blocks): Promise<{ symbols: string[]; range: MinuteRange }> {
  const symbols = new Set<string>();
  const ends: Minute[] = [];
  for await (const { symbol, columns } of blocks) {
    symbols.add(symbol);
    ends.push(columns.openTime[0]!, columns.openTime.at(-1)!);
    ends.splice(0, ends.length, Math.min(...ends), Math.max(...ends));
  }
  return { symbols: [...symbols], range: ends.length > 0 ? hullOf(ends) : { from: 0, to: 0 } };
}

/** The rows of these symbols in their ranges. */
async function* within(blocks: Blocks, symbols: readonly string[], rangeOf: SideRequest['rangeOf']): Blocks {
  for await (const { symbol, columns } of blocks) {
    const range = symbols.includes(symbol) ? await rangeOf(symbol) : null;
    if (!range) continue;
    const from = firstFrom(columns.openTime, range.from);
    const to = firstFrom(columns.openTime, range.to);
    if (from < to) yield { symbol, length: to - from, columns: sliceBlock(columns, from, to) };
  }
}

function firstFrom(times: Float64Array, minute: Minute): number {
  const at = times.findIndex((time) => time >= minute);
  return at < 0 ? times.length : at;
}

function hullOfFiles({ files }: ExportedSet): MinuteRange {
  return {
    from: Math.min(...files.map(({ range }) => range.from)),
    to: Math.max(...files.map(({ range }) => range.to)),
  };
}

function meet(a: MinuteRange | null, b: MinuteRange): MinuteRange | null {
  return a && { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}
