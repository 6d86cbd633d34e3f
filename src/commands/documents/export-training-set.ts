import type { ExportResult, ExportSummary } from '../../jobs/export/export-training-set.js';
import type { TrainingFile } from '../../jobs/export/write-training-file.js';
import { bySource, range, RANGE_MEMBERS } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import { about, boolean, from, integer, list, object, oneOf, optional, text } from '../framework/document/shape.js';

type KnownCounts = NonNullable<ExportSummary['known']>;

const part = oneOf('train', 'validation', 'test');

export const exportTrainingSetDocument = jobDocument<ExportResult, Pick<ExportResult, 'isWritten' | 'files'>>(
  {
    range: about('The minutes that were asked for.', range),
    rows: about('Valid rows of the symbol in the files.', integer),
    bySource,
    parts: about(
      'With --split: the rows of the symbol in each part.',
      optional(list(object<NonNullable<ExportSummary['parts']>[number]>({ part, range, rows: integer }))),
    ),
    isReady: about('Whether every minute of the range has a valid row.', boolean),
    excluded: about(
      'The minutes that are left out, and why.',
      list(object<ExportSummary['excluded'][number]>({ ...RANGE_MEMBERS, minutes: integer, reason: text })),
    ),
    known: about(
      'With --known-within: minutes whose rows are not those that are stored now.',
      optional(
        from(
          ({ unknown: undated, ...counts }: KnownCounts) => ({ ...counts, undated }),
          object({
            replaced: about('Minutes whose candle was replaced since.', integer),
            removed: about('Minutes without a row now.', integer),
            late: about('Minutes that are left out, because their first version came later.', integer),
            undated: about('Minutes that are left out, because nothing says when they were first stored.', integer),
          }),
        ),
      ),
    ),
  },
  {
    pick: ({ isWritten, files }) => ({ isWritten, files }),
    members: {
      isWritten: about(
        'Whether the training set was written: not with --require-ready when a symbol is not ready.',
        boolean,
      ),
      files: about(
        'The files: one, or one for each part of --split.',
        list(
          object<TrainingFile>({
            path: text,
            manifest: about('The path of the manifest, which the parts of a split share.', text),
            rows: integer,
            part: optional(part),
            range,
            bytes: integer,
            sha256: text,
          }),
        ),
      ),
    },
  },
);
