import { CANDLE_FIELDS } from '../../core/candle.js';
import { formatMinute } from '../../core/minute.js';
import type { Differences, DifferenceSum, ExplainedDifference } from '../../jobs/compare/sum-differences.js';
import type { DifferingField } from '../../quality/compare-rows.js';
import { type Column, formatTable } from '../../terminal/table.js';
import { formatCount } from '../../terminal/text.js';
import type { View } from './command.js';

/** Rows of the table of sums, unless all are asked for. */
const MAX_SUMS = 20;

/** A sum over one symbol or several. */
type Sum = Omit<DifferenceSum, 'symbol'> & { symbols: string[] };

/** What differs: a table of sums, then some rows. */
export function formatDifferences({ sums, samples }: Differences, view: View): { table: string; lines: string[] } {
  const rows = sums.map(({ symbol, ...sum }): Sum => ({ ...sum, symbols: [symbol] }));
  const shown = view.verbose || rows.length <= MAX_SUMS ? rows : joinSymbols(rows);
  const maxRows = view.verbose ? undefined : MAX_SUMS;
  return {
    table: formatTable(COLUMNS, shown, { ...view, maxRows }),
    lines: samples.map(formatSample),
  };
}

const COLUMNS: readonly Column<Sum>[] = [
  { title: 'symbol', cell: ({ symbols }) => (symbols.length === 1 ? symbols[0] : `${symbols.length} symbols`) },
  { title: 'what differs', cell: ({ kind }) => kind },
  { title: 'rows', cell: ({ rows }) => rows, isKept: true },
  { title: 'first', cell: ({ firstTime }) => formatMinute(firstTime), importance: 2 },
  { title: 'last', cell: ({ lastTime }) => formatMinute(lastTime), importance: 1 },
  { title: 'jobs', cell: formatJobs },
  {
    title: 'because',
    cell: ({ command, reason }) =>
      reason === null ? 'no entry in the audit log' : [command ?? [], reason].flat().join(': '),
  },
];

function formatJobs({ firstJob, lastJob }: Sum): string {
  if (firstJob === null) return '-';
  return firstJob === lastJob ? String(firstJob) : `${firstJob} to ${lastJob}`;
}

/** Sums of the same kind and reason, over all symbols; the most rows first. */
function joinSymbols(sums: readonly Sum[]): Sum[] {
  const joined = new Map<string, Sum>();
  for (const sum of sums) {
    const key = JSON.stringify([sum.kind, sum.command, sum.reason]);
    const known = joined.get(key);
    joined.set(key, known ? join(known, sum) : sum);
  }
  return [...joined.values()].sort((a, b) => b.rows - a.rows);
}

function join(a: Sum, b: Sum): Sum {
  const known = (jobs: (number | null)[]) => jobs.filter((job) => job !== null);
  const jobs = known([a.firstJob, b.firstJob, a.lastJob, b.lastJob]);
  return {
    ...a,
    symbols: [...a.symbols, ...b.symbols],
    rows: a.rows + b.rows,
    firstTime: Math.min(a.firstTime, b.firstTime),
    lastTime: Math.max(a.lastTime, b.lastTime),
    firstJob: jobs.length > 0 ? Math.min(...jobs) : null,
    lastJob: jobs.length > 0 ? Math.max(...jobs) : null,
  };
}

/** Indicators of a sample that are shown. */
const MAX_INDICATORS = 2;
/** The digits of a number that is shown: enough for every price and volume. */
const SHOWN_DIGITS = 9;

function formatSample({ symbol, openTime, kind, fields, cause }: ExplainedDifference): string {
  const isWhole = kind === 'only in A' || kind === 'only in B';
  const shown =
    kind === 'indicators' ? fields.slice(0, MAX_INDICATORS) : fields.filter(({ name }) => !isIndicator(name));
  const texts = shown.map(({ name, a, b }) =>
    isWhole ? `${name} ${formatValue(a ?? b)}` : `${name} ${formatValue(a)} -> ${formatValue(b)}`,
  );
  const more = kind === 'indicators' && fields.length > shown.length ? ', ...' : '';
  const job = cause ? ` (job ${cause.jobId}, ${cause.command ?? 'forgotten'})` : '';
  return `${symbol} ${formatMinute(openTime)} ${kind}: ${texts.join(', ')}${more}${job}`;
}

function isIndicator(name: string): boolean {
  return ![...CANDLE_FIELDS, 'source', 'hasMissingData'].includes(name);
}

function formatValue(value: DifferingField['a']): string {
  if (value === null) return '-';
  return String(typeof value === 'number' ? Number(value.toPrecision(SHOWN_DIGITS)) : value);
}

/** `1 row differs`. */
export function countDiffering(rows: number): string {
  return rows === 1 ? '1 row differs' : `${formatCount(rows)} rows differ`;
}
