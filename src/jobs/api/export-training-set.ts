import { Failure } from '../../core/failure.js';
import { parseSymbols } from '../../core/symbol.js';
import { DEFAULT_FORMAT, findFormat, type FormatName } from '../../files/formats/formats.js';
import { type ExportOptions, exportTrainingSet as exportSymbols } from '../export/export-training-set.js';
import type { ExportSummary } from '../export/inspect-training-set.js';
import type { TrainingFile } from '../export/write-training-file.js';
import { type Opened, splitOpened, withOpened } from './open-context.js';
import { type Time, toMinuteRange, toVersions, type VersionOptions } from './time.js';

/** The options of `exportTrainingSet`; `out` is required. */
export interface ExportSettings
  extends
    VersionOptions,
    Omit<
      ExportOptions,
      'symbols' | 'ifLocked' | 'includesRetired' | 'format' | 'isGzipped' | 'range' | 'asOf' | 'knownWithinMs'
    > {
  /**
   * Default: by the file's extension; CSV for a stream and for a name without extension. A name that ends in `.gz` is
   * compressed with gzip.
   */
  format?: FormatName | undefined;
  /** The minutes that open in `[from, to)`, instead of the window. */
  range?: { from: Time; to: Time } | undefined;
}

/** A written training set. */
export interface ExportedSet {
  /** The files; none for a stream, or if the window is not ready with `requireReady`. */
  files: TrainingFile[];
  /** The content for each symbol, and the excluded minutes with their reasons. */
  symbols: ({ symbol: string } & ExportSummary)[];
}

/**
 * Writes the valid rows of symbols to a file or a stream, ordered by symbol and time: `chartctl export-training-set`.
 *
 * A file appears only when it is complete.
 *
 * @param symbols one or more, such as `BTCUSDT`; lower case is accepted
 * @throws Failure
 * @example
 * const { files } = await exportTrainingSet(['BTCUSDT', 'ETHUSDT'], { out: 'train.parquet', window: 10_080 });
 */
export async function exportTrainingSet(
  symbols: string | readonly string[],
  options: Opened & ExportSettings,
): Promise<ExportedSet> {
  const [opened, { range, asOf, knownWithin, ...settings }] = splitOpened<ExportSettings>(options);
  const names = parseSymbols(typeof symbols === 'string' ? [symbols] : symbols);
  if (names.length === 0) throw new Failure('usage', 'no symbol was given', { hint: 'name at least one' });
  const minutes = range && toMinuteRange(range.from, range.to);
  const exportOptions = {
    ...settings,
    ...toTarget(settings),
    symbols: names,
    includesRetired: true,
    range: minutes,
    ...toVersions({ asOf, knownWithin }),
  };
  const { outcomes, files } = await withOpened(opened, (context) => exportSymbols(context, exportOptions));
  const failed = outcomes.find(({ failure }) => failure);
  if (failed?.failure) throw failed.failure;
  return { files, symbols: outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, ...summary }] : [])) };
}

function toTarget({ out, format }: ExportSettings): Pick<ExportOptions, 'format' | 'isGzipped'> {
  return typeof out === 'string' ? findFormat(out, format) : { format: format ?? DEFAULT_FORMAT };
}
