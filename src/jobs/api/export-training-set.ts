import { Failure } from '../../core/failure.js';
import { parseSymbols } from '../../core/symbol.js';
import { DEFAULT_FORMAT, findFormat, type FormatName } from '../../files/formats/formats.js';
import { type ExportOptions, exportTrainingSet as exportSymbols } from '../export/export-training-set.js';
import type { ExportSummary } from '../export/inspect-training-set.js';
import type { TrainingFile } from '../export/write-training-file.js';
import { type Opened, splitOpened, withOpened } from './open-context.js';
import { type Time, toMinuteRange } from './time.js';

/** What `exportTrainingSet` is told: at least where to write. */
export interface ExportSettings extends Omit<ExportOptions, 'symbols' | 'ifLocked' | 'format' | 'isGzipped' | 'range'> {
  /** By the file's ending if not given; CSV for a stream, and for a name without one. A name in `.gz` gzips the file. */
  format?: FormatName | undefined;
  /** The minutes that open in `[from, to)`, instead of the window. */
  range?: { from: Time; to: Time } | undefined;
}

/** What a training set holds. */
export interface ExportedSet {
  /** The files, each with its manifest beside it; none for a stream, and none when `requireReady` held them back. */
  files: TrainingFile[];
  /** What there is of each symbol, and which minutes are left out for what reason. */
  symbols: ({ symbol: string } & ExportSummary)[];
}

/**
 * Writes the valid rows of symbols to a file, or to a stream, ordered by symbol and time: `chartctl export-training-set`.
 *
 * A file appears whole or not at all.
 *
 * @param symbols one or several, such as `BTCUSDT`, in any case
 * @throws Failure
 * @example
 * const { files } = await exportTrainingSet(['BTCUSDT', 'ETHUSDT'], { out: 'train.parquet', window: 10_080 });
 */
export async function exportTrainingSet(
  symbols: string | readonly string[],
  options: Opened & ExportSettings,
): Promise<ExportedSet> {
  const [opened, { range, ...settings }] = splitOpened<ExportSettings>(options);
  const names = parseSymbols(typeof symbols === 'string' ? [symbols] : symbols);
  if (names.length === 0) throw new Failure('usage', 'no symbol was given', { hint: 'name at least one' });
  const minutes = range && toMinuteRange(range.from, range.to);
  const asked = { ...settings, ...toTarget(settings), symbols: names, range: minutes };
  const { outcomes, files } = await withOpened(opened, (context) => exportSymbols(context, asked));
  const failed = outcomes.find(({ failure }) => failure);
  if (failed?.failure) throw failed.failure;
  return { files, symbols: outcomes.flatMap(({ symbol, summary }) => (summary ? [{ symbol, ...summary }] : [])) };
}

/** A file's name says how it is written, unless the format was given; a stream has no name. */
function toTarget({ out, format }: ExportSettings): Pick<ExportOptions, 'format' | 'isGzipped'> {
  return typeof out === 'string' ? findFormat(out, format) : { format: format ?? DEFAULT_FORMAT };
}
