import { formatMinute } from '../core/minute.js';
import type { JobResult, SymbolOutcome } from '../jobs/job.js';
import type { ListSummary } from '../jobs/list.js';
import { formatBytes, formatCount } from '../terminal/text.js';
import type { Column } from '../terminal/table.js';
import type { Command, View } from './framework/command.js';
import { formatJobText, formatSources } from './framework/job-result.js';
import { READ_ONLY_OPTIONS, STORED_SYMBOLS } from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

export const listCommand: Command<JobResult<ListSummary>> = {
  name: 'list',
  otherNames: ['ls', 'inventory', 'count'],
  description: 'list the stored symbols: first and last candle, rows, valid ones, holes over all time, sources, size',
  readOnly: true,
  arguments: [STORED_SYMBOLS],
  options: [
    ['--fast', 'read the index alone: without valid rows and sources'],
    ['--csv', 'print CSV instead of a table'],
    ...READ_ONLY_OPTIONS,
  ],
  notes: [
    '',
    'Holes are minutes without a row between the first and the last one. The size is the share of the table and its index',
    'that the rows of the symbol have. Retired symbols are listed, too.',
  ],
  examples: [
    ['chartctl list', 'every symbol in the database; needs no exchange'],
    ['chartctl list --fast', 'of a large table: the index alone is read'],
    ['chartctl list --csv > inventory.csv', 'for a spreadsheet'],
  ],
  run: (call) => {
    call.flags.atMostOne('--csv', '--json');
    const options = { fast: call.flags.isSet('--fast') };
    return runJob(call, options, async () => (await import('../jobs/list.js')).list);
  },
  text: (result, view) =>
    view.flags.isSet('--csv')
      ? formatCsv(result.outcomes)
      : formatJobText(result, view, { columns: COLUMNS, maxRows: Infinity, conclusion: () => conclude(result, view) }),
  document: async () => (await import('./documents/list.js')).listDocument,
};

const COLUMNS: readonly Column<ListSummary>[] = [
  { title: 'first', cell: ({ first }) => first && formatMinute(first.minute) },
  { title: 'last', cell: ({ last }) => last && formatMinute(last.minute) },
  { title: 'rows', cell: ({ rows }) => rows, isKept: true, isSum: true },
  { title: 'valid', cell: ({ valid }) => valid, isSum: true, importance: 4 },
  { title: 'holes', cell: ({ holes }) => holes, isKept: true, isSum: true },
  { title: 'missing', cell: ({ missingMinutes }) => missingMinutes, isSum: true, importance: 3 },
  { title: 'size', cell: ({ bytes }) => bytes && formatBytes(bytes), isRight: true, importance: 2 },
  { title: 'retired', cell: ({ retired }) => retired && 'retired' },
  { title: 'sources', cell: ({ bySource }) => bySource && formatSources(bySource), importance: 1 },
];

/** `20 symbols, 122,485 rows, 12 holes, 1 retired, 0.4 s`. */
function conclude({ outcomes }: JobResult<ListSummary>, { seconds }: View): string[] {
  const found = outcomes.flatMap(({ summary }) => (summary ? [summary] : []));
  if (outcomes.length < 2) return [];
  const sum = (count: (summary: ListSummary) => number) => found.reduce((total, summary) => total + count(summary), 0);
  const retired = sum((summary) => (summary.retired ? 1 : 0));
  const failed = outcomes.length - found.length;
  const parts = [
    `${formatCount(outcomes.length)} symbols`,
    `${formatCount(sum(({ rows }) => rows))} rows`,
    `${formatCount(sum(({ holes }) => holes))} holes`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(retired > 0 ? [`${retired} retired`] : []),
    ...(seconds === undefined ? [] : [`${seconds.toFixed(1)} s`]),
  ];
  return [parts.join(', ')];
}

const CSV_COLUMNS: Readonly<Record<string, (summary: ListSummary) => string | number | null | undefined>> = {
  first: ({ first }) => first && formatMinute(first.minute),
  last: ({ last }) => last && formatMinute(last.minute),
  rows: ({ rows }) => rows,
  valid: ({ valid }) => valid,
  holes: ({ holes }) => holes,
  missing_minutes: ({ missingMinutes }) => missingMinutes,
  binance: ({ bySource }) => bySource && (bySource.BINANCE ?? 0),
  binance_backfill: ({ bySource }) => bySource && (bySource.BINANCE_BACKFILL ?? 0),
  fallback: ({ bySource }) => bySource && (bySource.FALLBACK ?? 0),
  bytes: ({ bytes }) => bytes,
  retired: ({ retired }) => (retired ? 'true' : 'false'),
};

/** A header and a line for each symbol; what is not known is empty. */
function formatCsv(outcomes: readonly SymbolOutcome<ListSummary>[]): string {
  const lines = outcomes.flatMap(({ symbol, summary }) =>
    summary ? [[symbol, ...Object.values(CSV_COLUMNS).map((cell) => cell(summary) ?? '')].join(',')] : [],
  );
  return [['symbol', ...Object.keys(CSV_COLUMNS)].join(','), ...lines].map((line) => `${line}\n`).join('');
}
