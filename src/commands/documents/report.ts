import type { ReportResult } from '../../jobs/report/report.js';
import { bySource, range } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import { about, boolean, integer, list, object, oneOf, text, time } from '../framework/document/shape.js';

type Summary = NonNullable<ReportResult['outcomes'][number]['summary']>;
type SymbolMembers = Omit<Summary, 'flagged' | 'gaps'> & { openFlags: number; gapCount: number };
type ReportFile = NonNullable<ReportResult['file']>;

export const reportDocument = jobDocument<
  ReportResult,
  { files: ReportFile[]; clock: ReportResult['clock'] },
  SymbolMembers
>(
  {
    range,
    rows: integer,
    valid: about('Rows that are valid for training.', integer),
    openFlags: about('Flagged rows.', integer),
    gapCount: about('Stretches of minutes without a row.', integer),
    bySource,
    isReady: about('Whether the window of the symbol is ready.', boolean),
  },
  {
    arrange: ({ flagged, gaps, ...others }) => ({ ...others, openFlags: flagged, gapCount: gaps }),
    pick: ({ file, clock }) => ({ files: file ? [file] : [], clock }),
    members: {
      clock: about(
        'The clock by which ranges and windows are counted; past with --as-of.',
        object<ReportResult['clock']>({ minute: time, source: oneOf('exchange', 'local', 'past') }),
      ),
      files: about('The page.', list(object<ReportFile>({ path: text, bytes: integer, sha256: text }))),
    },
  },
);
