import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { countMinutes, intersect, type MinuteRange, sumMinutes } from '../../core/range.js';
import { ArchiveFault } from '../../exchange/archive/archive-fault.js';
import { CSV_FORM } from '../../exchange/candle-csv/csv-layout.js';
import type { CandleColumns } from '../../rows/candle-columns.js';
import { readCandles } from '../../exchange/candle-csv/read-candles.js';
import { type CsvExpectations, scanCandleCsv } from '../../exchange/candle-csv/scan-candle-csv.js';
import type { CsvSymbol, ScannedCsv } from '../../exchange/candle-csv/scanned-csv.js';
import type { FoundFile } from './find-files.js';
import type { CheckedRows, FileFacts, ImportSource } from './import-source.js';

/**
 * The sources in a CSV, one for each of its symbols, after all of its rows were checked; undefined for a file of a folder
 * that is no CSV of candles.
 *
 * @param expected the symbol is that of rows that do not say it, if the name does not
 * @throws ArchiveFault, Failure for a file that is not to be used
 */
export async function scanCsv(
  { path, named, isGiven }: FoundFile,
  expected: CsvExpectations,
): Promise<ImportSource[] | undefined> {
  const { symbol = expected.symbol, range: period } = named ?? {};
  const scanned = await scanCandleCsv(path, { ...expected, symbol, period });
  if (!scanned) {
    if (!isGiven && !named) return undefined;
    throw new ArchiveFault('content', `its first line is none of a CSV of candles, expected ${CSV_FORM}`);
  }
  const lastModified = Math.floor((await stat(path)).mtimeMs);
  return scanned.symbols.map((part): ImportSource => {
    const [first, last] = [part.minutes[0], part.minutes.at(-1)];
    const range = period ?? { from: first?.from ?? 0, to: last?.to ?? 0 };
    const facts = toFacts({ path, lastModified, sha256: scanned.sha256, range }, part);
    const open = () => openPart({ path, scanned, part, facts }, expected.signal);
    return { symbol: part.symbol, path, range, rank: named?.period ?? 'csv', open };
  });
}

function toFacts(
  { path, ...file }: { path: string; lastModified: number; sha256: string; range: MinuteRange },
  { minutes, rows, duplicates }: CsvSymbol,
): FileFacts {
  const missing = countMinutes(file.range) - sumMinutes(minutes);
  const unknown = { isVerified: false, etag: null, entryTime: null };
  return { url: path, name: basename(path), ...file, ...unknown, rows, missing, duplicates };
}

interface CsvPart {
  path: string;
  scanned: ScannedCsv;
  part: CsvSymbol;
  facts: FileFacts;
}

async function openPart(csv: CsvPart, signal: AbortSignal | undefined): Promise<CheckedRows> {
  const { part, facts } = csv;
  const { minutes, conflicting, offMinute, otherSource, open } = part;
  if (minutes.length === 0) throw new ArchiveFault('content', describeUseless(part));
  const counts = { conflicting, offMinute: offMinute.length, otherSource, open };
  return Promise.resolve({ facts, minutes, ...counts, read: (wanted) => readMonths(csv, wanted, signal) });
}

/** Month after month, so that a file of years needs the memory of one. */
async function* readMonths(
  { path, scanned, part }: CsvPart,
  wanted: readonly MinuteRange[],
  signal: AbortSignal | undefined,
): AsyncGenerator<CandleColumns> {
  for (const month of part.months) {
    const date = new Date(month.from);
    const range = { from: month.from, to: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) };
    const inMonth = wanted.map((wish) => intersect(wish, range)).filter(({ from, to }) => to > from);
    if (inMonth.length === 0) continue;
    yield await readCandles(path, scanned, { symbol: part.symbol, month, wanted: inMonth }, signal);
  }
}

function describeUseless({ rows, offMinute, conflicting, otherSource, open }: CsvSymbol): string {
  const reasons = {
    'off the minute': offMinute.length,
    conflicting: conflicting.length,
    'of another source': otherSource,
    open,
  };
  const counts = Object.entries(reasons).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  return `none of its ${rows} rows can be used: ${counts.join(', ')}`;
}
