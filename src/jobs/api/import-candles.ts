import { Failure } from '../../core/failure.js';
import { parseSymbols } from '../../core/symbol.js';
import { type ImportOptions, importFiles, type ImportSummary, type RefusedFile } from '../import/import-files.js';
import { type Opened, splitOpened, withOpened } from './open-context.js';

/** The options of `importCandles`. */
export type ImportSettings = Omit<ImportOptions, 'files' | 'ifLocked'>;

/** What was imported. */
export interface ImportedCandles {
  /** The result for each symbol of the files. */
  symbols: ({ symbol: string } & ImportSummary)[];
  /** The files that were not imported and of which no symbol is known. */
  refused: RefusedFile[];
  /** The paths of files in folders that are no files of candles. */
  others: string[];
}

/**
 * Takes the missing and suspect minutes of the table from zips of Binance's archive and from CSVs: `chartctl import`.
 *
 * Valid rows are kept. A file that is refused is in `refused` of its symbol and does not keep the others from being
 * imported.
 *
 * @param files files and folders; one or more
 * @throws Failure of the first symbol of which every file was refused, after the others were imported
 * @example
 * const { symbols } = await importCandles('archive', { dryRun: true });
 * for (const { symbol, plannedMinutes } of symbols) console.log(symbol, plannedMinutes);
 */
export async function importCandles(
  files: string | readonly string[],
  options: Opened & ImportSettings = {},
): Promise<ImportedCandles> {
  const [opened, { symbol, ...settings }] = splitOpened<ImportSettings>(options);
  const paths = typeof files === 'string' ? [files] : files;
  if (paths.length === 0) throw new Failure('usage', 'no file was given', { hint: 'name at least one' });
  const named = symbol === undefined ? undefined : parseSymbols([symbol])[0];
  const importOptions = { ...settings, files: paths, symbol: named };
  const { outcomes, refused, others } = await withOpened(opened, (context) => importFiles(context, importOptions));
  const failed = outcomes.find(({ failure }) => failure);
  if (failed?.failure) throw failed.failure;
  return {
    symbols: outcomes.flatMap((outcome) => (outcome.summary ? [{ symbol: outcome.symbol, ...outcome.summary }] : [])),
    refused,
    others,
  };
}
