import type { ImportedFile, ImportResult, RefusedFile } from '../../jobs/import/import-files.js';
import { range } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import { about, integer, list, object, text } from '../framework/document/shape.js';

const refused = list(object<RefusedFile>({ path: text, reason: text }));

export const importDocument = jobDocument<ImportResult, Pick<ImportResult, 'refused' | 'others'>>(
  {
    range: about('The minutes from the beginning of the first file to the end of the last one.', range),
    files: about(
      'The files in the order in which they were imported.',
      list(
        object<ImportedFile>({
          path: text,
          rows: about('Its rows of the symbol.', integer),
          minutes: about('Minutes with a candle that can be used.', integer),
          taken: about('Minutes among them that were missing or suspect in the table.', integer),
          duplicates: about('Rows that repeat another one.', integer),
          conflicting: about('Minutes with rows that differ; none of these rows is used.', list(range)),
          offMinute: about('Minutes with a candle off the minute.', integer),
          otherSource: about('Rows of other sources than Binance.', integer),
          open: about('Rows of a minute that was not over.', integer),
        }),
      ),
    ),
    refused: about('The files that were not imported.', refused),
    planned: about('Minutes that were missing or suspect in the table and are in the files.', list(range)),
    plannedMinutes: about('Their number.', integer),
    inserted: about('New rows.', integer),
    replaced: about('Rows whose numbers changed.', integer),
    confirmed: about('Suspect rows whose numbers the files confirmed.', integer),
    rebuilt: about('Rows of which only the indicators changed.', integer),
    missing: about('Minutes that neither the table nor a file has.', list(range)),
    missingMinutes: about('Their number.', integer),
    valid: about('Rows that are valid for training.', integer),
  },
  {
    pick: ({ refused: files, others }) => ({ refused: files, others }),
    members: {
      refused: about('The files that were not imported and of which no symbol is known.', refused),
      others: about('Files in folders that are no files of candles.', list(text)),
    },
  },
);
