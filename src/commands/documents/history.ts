import type { MinuteRange } from '../../core/range.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import type { Transition } from '../../quality/audit-trail.js';
import type { UsedArchiveFile } from '../../tables/archive-files.js';
import type { HistoryEntry, RowEvent, RowImage } from '../../tables/history.js';
import { range } from '../framework/document/domain-shapes.js';
import { documentOf, documentOfForms } from '../framework/document/document.js';
import {
  about,
  anything,
  boolean,
  databaseTime,
  from,
  integer,
  list,
  nullable,
  numberOrNull,
  object,
  record,
  type Shape,
  text,
  time,
} from '../framework/document/shape.js';

/** The last changes, each a job's of one kind to many rows. */
export interface ChangeList {
  kind: 'changes';
  changes: HistoryEntry[];
}

/** Every state of the rows of a range. */
export interface RowHistory {
  kind: 'rows';
  symbol: string;
  range: MinuteRange;
  changes: Transition<RowEvent, RowImage>[];
  /** The rows as they are now. */
  rows: RowImage[];
  /** The files of Binance's archive, or imported ones, that jobs took rows from. */
  files: UsedArchiveFile[];
}

type Change = Omit<HistoryEntry, 'first' | 'last'> & { firstTime: number; lastTime: number };

const changesDocument = documentOf<ChangeList, { changes: Change[] }>(
  ({ changes }) => ({
    changes: changes.map(({ first, last, ...change }) => ({ ...change, firstTime: first, lastTime: last })),
  }),
  {
    changes: about(
      'What jobs did to rows, the newest first.',
      list(
        object<Change>({
          jobId: integer,
          command: nullable(text),
          symbol: text,
          action: text,
          reason: nullable(text),
          rows: integer,
          firstTime: time,
          lastTime: time,
          at: time,
        }),
      ),
    ),
  },
);

/** A stored row, its columns by the names that the other documents have. */
interface Row {
  time: string;
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  volume: number | null;
  indicators: Record<string, number | null>;
  source: string | null;
  hasMissingData: boolean | null;
  isComplete: boolean | null;
  writtenAt: string | null;
  otherColumns: Record<string, unknown>;
}

const row: Shape<RowImage> = from(
  toRow,
  object<Row>({
    time: databaseTime,
    open: numberOrNull,
    high: numberOrNull,
    low: numberOrNull,
    close: numberOrNull,
    volume: numberOrNull,
    indicators: about('By column.', record(numberOrNull)),
    source: nullable(text),
    hasMissingData: nullable(boolean),
    isComplete: nullable(boolean),
    writtenAt: nullable(databaseTime),
    otherColumns: about("The platform's own columns.", record(anything)),
  }),
);

function toRow({
  symbol: _symbol,
  timestamp,
  source,
  hasmissingdata,
  iscomplete,
  written_at,
  ...others
}: RowImage): Row {
  const take = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, toNumber(others[name])]));
  const candle = ['open', 'high', 'low', 'close', 'volume'];
  const known = new Set<string>([...candle, ...INDICATOR_COLUMNS]);
  return {
    time: String(timestamp),
    ...(take(candle) as Pick<Row, 'open' | 'high' | 'low' | 'close' | 'volume'>),
    indicators: take(INDICATOR_COLUMNS),
    source: (source as string | null | undefined) ?? null,
    hasMissingData: (hasmissingdata as boolean | null | undefined) ?? null,
    isComplete: (iscomplete as boolean | null | undefined) ?? null,
    writtenAt: (written_at as string | null | undefined) ?? null,
    otherColumns: Object.fromEntries(Object.entries(others).filter(([name]) => !known.has(name))),
  };
}

/** JSON of PostgreSQL has NaN and infinity as texts; they become null here. */
function toNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

type RowChange = Transition<RowEvent, RowImage>;

type RowMembers = Omit<RowHistory, 'kind' | 'rows'> & { currentRows: RowImage[] };

const rowsDocument = documentOf<RowHistory, RowMembers>(
  ({ symbol, range: asked, changes, rows, files }) => ({ symbol, range: asked, changes, currentRows: rows, files }),
  {
    symbol: text,
    range,
    changes: about(
      'Each change of one row, the oldest first.',
      list(
        object<RowChange>({
          jobId: integer,
          command: nullable(text),
          time: databaseTime,
          action: text,
          reason: nullable(text),
          at: time,
          before: nullable(row),
          after: nullable(row),
        }),
      ),
    ),
    currentRows: about('The rows as they are now.', list(row)),
    files: about(
      'The files that jobs took rows from.',
      list(object<UsedArchiveFile>({ jobId: integer, name: text, url: text, sha256: text, ranges: list(range) })),
    ),
  },
);

export const historyDocument = documentOfForms<ChangeList | RowHistory>(
  ({ kind }) => (kind === 'changes' ? 0 : 1),
  [changesDocument, rowsDocument],
);
