import { Failure } from '../../core/failure.js';
import { type JobContext, type JobOptions, type JobResult } from '../job.js';
import { readClock } from '../read-clock.js';
import { runJob } from '../run-job.js';
import { findFiles, type RefusedFile } from './find-files.js';
import { describeRefusal, type ImportedFile, type ImportSummary, importSymbol } from './import-symbol.js';
import { type ScannedFiles, scanFiles } from './scan-files.js';

export type { ImportedFile, ImportSummary, RefusedFile };

export interface ImportOptions extends Omit<JobOptions, 'symbols' | 'includesRetired'> {
  /** Files and folders. */
  files: readonly string[];
  /** The symbol of CSV files whose name and columns do not say it. */
  symbol?: string | undefined;
  /** Check the files and plan; change nothing. */
  dryRun?: boolean | undefined;
}

/** The result of an import. */
export interface ImportResult extends JobResult<ImportSummary> {
  /** The files that were not imported and of which no symbol is known. */
  refused: RefusedFile[];
  /** The paths of files in folders that are no files of candles. */
  others: string[];
}

/** Stored in `chartctl_jobs` of each list. */
const MAX_RECORDED_FILES = 20;

/**
 * Takes the missing and suspect minutes from files: zips of Binance's archive, and CSVs. Valid rows are kept.
 *
 * A file that is refused does not keep the others from being imported.
 *
 * @throws Failure (usage) for a path that does not exist; (failed) `NO_FILES`, `REFUSED` if no file can be imported
 */
export async function importFiles(context: JobContext, options: ImportOptions): Promise<ImportResult> {
  const { signal, onNotice } = context;
  const { files, symbol, dryRun = false } = options;
  const found = await findFiles(files);
  const { nowMs } = await readClock(context);
  const scanned = await scanFiles(found, { symbol, nowMs, signal });
  const { bySymbol, refused, others } = scanned;
  if (bySymbol.size === 0) throw noFiles(context, scanned);
  if (others.length > 0) onNotice?.(describeOthers(others));
  const symbols = [...bySymbol.keys()];
  const result = await runJob(
    context,
    { ...options, symbols },
    {
      command: 'import',
      arguments: { files: files.slice(0, MAX_RECORDED_FILES), fileCount: files.length, symbol },
      readOnly: dryRun,
      retired: 'named',
      work: (name, jobId) => {
        return importSymbol(context, bySymbol.get(name)!, { ...options, symbol: name, jobId, nowMs, dryRun });
      },
      problemOf: (summary) => toRefused([...summary.refused, ...refused]),
      countsOf: ({ inserted, replaced, confirmed, rebuilt }) => ({ inserted, replaced, confirmed, rebuilt }),
    },
  );
  return { ...result, refused, others };
}

function toRefused([first, ...others]: readonly RefusedFile[]): Failure | undefined {
  if (!first) return undefined;
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return new Failure('incomplete', `not imported: ${first.path}: ${first.reason}${more}`, { code: 'FILES_REFUSED' });
}

/** Names that a message shows; the others are counted. */
const MAX_SHOWN = 3;

function describeOthers(paths: readonly string[]): string {
  const rest = paths.length > MAX_SHOWN ? ', ...' : '';
  return `skipped, not candle files: ${paths.length} (${paths.slice(0, MAX_SHOWN).join(', ')}${rest})`;
}

function noFiles({ onNotice }: JobContext, { refused, others }: ScannedFiles): Failure {
  const [first, ...more] = refused.map(describeRefusal);
  for (const other of more) onNotice?.(other);
  if (first !== undefined) return new Failure('failed', `no file can be imported: ${first}`, { code: 'REFUSED' });
  const skipped = others.length > 0 ? `; ${describeOthers(others)}` : '';
  const hint = 'expected names such as BTCUSDT-1m-2024-01.zip, or CSV files';
  return new Failure('failed', `there is no file to import${skipped}`, { hint, code: 'NO_FILES' });
}
