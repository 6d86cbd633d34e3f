import type { ReportResult } from '../../jobs/report.js';
import { bySource, range } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import { about, boolean, integer, list, object, text } from '../framework/document/shape.js';

type Summary = NonNullable<ReportResult['outcomes'][number]['summary']>;
type SymbolMembers = Omit<Summary, 'flagged' | 'gaps'> & { openFlags: number; gapCount: number };
type ReportFile = NonNullable<ReportResult['file']>;

export const reportDocument = jobDocument<ReportResult, { files: ReportFile[] }, SymbolMembers>(
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
    pick: ({ file }) => ({ files: file ? [file] : [] }),
    members: {
      files: about('The page.', list(object<ReportFile>({ path: text, bytes: integer, sha256: text }))),
    },
  },
);
