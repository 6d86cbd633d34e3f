import { throwIfStopped } from '../../core/failure.js';
import type { CsvExpectations } from '../../exchange/candle-csv/scan-candle-csv.js';
import { scanCsv } from './csv-source.js';
import type { FoundFile, FoundFiles, RefusedFile } from './find-files.js';
import { type ImportSource, sortSources } from './import-source.js';
import { orReason } from './or-reason.js';
import { toZipSource } from './zip-source.js';

/** The files to import by their symbols. */
export interface ScannedFiles {
  /** The symbols in order; the sources of each in the order in which they are imported. */
  bySymbol: Map<string, ImportSource[]>;
  refused: RefusedFile[];
  others: string[];
}

/** Reads what the names of files do not say: the rows of every CSV are checked. */
export async function scanFiles({ files, ...found }: FoundFiles, expected: CsvExpectations): Promise<ScannedFiles> {
  const refused = [...found.refused];
  const others = [...found.others];
  const sources: ImportSource[] = [];
  for (const file of files) {
    throwIfStopped(expected.signal);
    const scanned = await orReason(() => scanFile(file, expected), expected.signal);
    if (scanned === undefined) others.push(file.path);
    else if (typeof scanned === 'string') refused.push({ path: file.path, reason: scanned });
    else sources.push(...scanned);
  }
  const bySymbol = new Map<string, ImportSource[]>();
  for (const symbol of [...new Set(sources.map((source) => source.symbol))].sort()) {
    bySymbol.set(symbol, sortSources(sources.filter((source) => source.symbol === symbol)));
  }
  return { bySymbol, refused, others };
}

function scanFile(file: FoundFile, expected: CsvExpectations): Promise<ImportSource[] | undefined> {
  if (file.kind === 'csv') return scanCsv(file, expected);
  return Promise.resolve([toZipSource(file.path, file.named!, expected.nowMs)]);
}
