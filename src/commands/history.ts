import { floorMinute, formatMinute, MINUTE_MS } from '../core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../core/range.js';
import { parseSymbols } from '../core/symbol.js';
import type { StoreContext } from '../jobs/job.js';
import type { Transition } from '../quality/audit-trail.js';
import type { HistoryEntry, RowEvent, RowImage } from '../tables/changes.js';
import { formatTable } from '../terminal/table.js';
import { readRange } from './framework/options.js';
import type { PlainCommand, PlainResult } from './framework/plain-command.js';

/** The columns that tell people what a row is: its candle, where it came from, what is held against it. */
const SHOWN = ['open', 'high', 'low', 'close', 'volume', 'source', 'hasmissingdata', 'iscomplete', 'written_at'];

/** What differs between two states of a row, as `volume 5 -> 10`; the whole row where there was none on one side. */
export function formatRowChange(before: RowImage | null, after: RowImage | null): string {
  if (!before && !after) return 'there was no row';
  if (!before) return formatRow(after!);
  if (!after) return `${formatRow(before)} -> no row`;
  const changed = SHOWN.filter((name) => format(before[name]) !== format(after[name]));
  if (changed.length === 0) return 'only indicators differ';
  return changed.map((name) => `${name} ${format(before[name])} -> ${format(after[name])}`).join(', ');
}

function formatRow(row: RowImage): string {
  return SHOWN.map((name) => `${name} ${format(row[name])}`).join(', ');
}

function format(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Own {
  symbol: string | undefined;
  /** The rows to tell everything about. */
  range: MinuteRange | undefined;
  limit: number;
}

export const historyCommand: PlainCommand<Own> = {
  name: 'history',
  description: 'what jobs did to rows and why; with --at or --from every state of single rows',
  argument: ['[symbol]', 'a symbol such as BTCUSDT'],
  options: [
    ['--at <time>', 'the row of this minute: each change with before and after'],
    ['--from <time>', 'the same for every row from this minute'],
    ['--to <time>', 'up to this one, itself not in it'],
    ['--limit <n>', 'how many entries (default: 30)'],
  ],
  examples: [
    ['chartctl history BTCUSDT', 'the last changes of a symbol, newest first'],
    ['chartctl history BTCUSDT --at 2025-06-01T12:00Z', 'everything that ever happened to one row'],
  ],
  parse: (flags, argument) => {
    const way = ['--at', '--from'].find((flag) => flags.isSet(flag));
    if (way && argument === undefined) flags.problems.add(`${way} needs a symbol`, 'name one, as in BTCUSDT');
    const at = flags.minute('--at');
    return {
      symbol: argument === undefined ? undefined : flags.problems.attempt(() => parseSymbols([argument]))?.[0],
      range: readRange(flags, '--at') ?? (at === undefined ? undefined : toRange(at)),
      limit: flags.count('--limit', { min: 1, max: 100_000 }) ?? 30,
    };
  },
  run: async (context, { symbol, range, limit }) => {
    const { requireCurrentSchema } = await import('../tables/migration/require-current-schema.js');
    await requireCurrentSchema(context.store);
    return symbol && range ? showRows(context, symbol, range, limit) : showSymbol(context, symbol, limit);
  },
};

function toRange(at: number): MinuteRange {
  const from = floorMinute(at);
  return { from, to: from + MINUTE_MS };
}

async function showSymbol({ store }: StoreContext, symbol: string | undefined, limit: number): Promise<PlainResult> {
  const { findHistory } = await import('../tables/changes.js');
  const entries = await findHistory(store.knex, { symbol, limit });
  const lines = entries.length > 0 ? formatTable(COLUMNS, entries).trimEnd().split('\n') : ['no change was recorded'];
  return { jobId: null, lines, fields: { changes: entries } };
}

async function showRows(
  { store }: StoreContext,
  symbol: string,
  range: MinuteRange,
  limit: number,
): Promise<PlainResult> {
  const [{ findRowEvents, findRowImages }, { toTransitions }] = await Promise.all([
    import('../tables/changes.js'),
    import('../quality/audit-trail.js'),
  ]);
  const current = await findRowImages(store.knex, symbol, range);
  const events = await findRowEvents(store.knex, symbol, range);
  const changes = toTransitions<RowImage, RowEvent>(events, current).slice(-limit);
  const nothing = `no job of chartctl ever changed a row of ${symbol} in ${formatRange(range)}`;
  const isOneRow = countMinutes(range) === 1;
  const now = [...current.values()].map((row) => `now: ${formatRowChange(null, row)}`);
  return {
    jobId: null,
    lines: [
      ...(changes.length > 0 ? changes.map(formatEvent) : [nothing]),
      ...(isOneRow ? (now.length > 0 ? now : ['now: there is no row']) : []),
    ],
    fields: { symbol, range, changes, rows: [...current.values()] },
  };
}

function formatEvent({
  time,
  at,
  jobId,
  command,
  action,
  reason,
  before,
  after,
}: Transition<RowEvent, RowImage>): string {
  const what = `${action}${reason ? `, ${reason}` : ''}: ${formatRowChange(before, after)}`;
  return `${at.toISOString()}  job ${jobId} (${command ?? 'forgotten'})  row ${time}  ${what}`;
}

const COLUMNS = [
  { title: 'when (UTC)', cell: (entry: HistoryEntry) => entry.at.toISOString().slice(0, 19).replace('T', ' ') },
  { title: 'job', cell: (entry: HistoryEntry) => entry.jobId },
  { title: 'command', cell: (entry: HistoryEntry) => entry.command },
  { title: 'symbol', cell: (entry: HistoryEntry) => entry.symbol },
  { title: 'did', cell: (entry: HistoryEntry) => entry.action },
  { title: 'rows', cell: (entry: HistoryEntry) => entry.rows },
  { title: 'first', cell: (entry: HistoryEntry) => formatMinute(entry.first) },
  { title: 'last', cell: (entry: HistoryEntry) => formatMinute(entry.last) },
  { title: 'because', cell: (entry: HistoryEntry) => entry.reason },
];
