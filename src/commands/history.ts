import { formatTable } from '../cli/table.js';
import { floorMinute, formatMinute, type Minute } from '../core/minute.js';
import { parseSymbols } from '../core/symbol.js';
import type { HistoryEntry, RowEvent, RowImage } from '../store/history-rows.js';
import type { StoreContext } from '../jobs/context.js';
import type { PlainCommand, PlainResult } from './plain-command.js';
import { formatRowChange } from './format-row-change.js';

interface Own {
  symbol: string | undefined;
  at: Minute | undefined;
  limit: number;
}

export const historyCommand: PlainCommand<Own> = {
  name: 'history',
  description: 'what jobs did to rows and why; with --at every state of one row',
  argument: ['[symbol]', 'a symbol such as BTCUSDT'],
  options: [
    ['--at <time>', 'the row of this minute: each change with before and after'],
    ['--limit <n>', 'how many entries (default: 30)'],
  ],
  examples: [
    ['chartctl history BTCUSDT', 'the last changes of a symbol, newest first'],
    ['chartctl history BTCUSDT --at 2025-06-01T12:00Z', 'everything that ever happened to one row'],
  ],
  parse: (flags, argument) => {
    if (flags.isSet('--at') && argument === undefined)
      flags.problems.add('--at needs a symbol', 'name one, as in BTCUSDT');
    return {
      symbol: argument === undefined ? undefined : flags.problems.attempt(() => parseSymbols([argument]))?.[0],
      at: flags.minute('--at'),
      limit: flags.count('--limit', { min: 1, max: 100_000 }) ?? 30,
    };
  },
  run: async (context, { symbol, at, limit }) => {
    const { requireCurrentSchema } = await import('../store/require-current-schema.js');
    await requireCurrentSchema(context.store);
    return symbol && at !== undefined ? showRow(context, symbol, at) : showSymbol(context, symbol, limit);
  },
};

async function showSymbol({ store }: StoreContext, symbol: string | undefined, limit: number): Promise<PlainResult> {
  const { findHistory } = await import('../store/history-rows.js');
  const entries = await findHistory(store.knex, { symbol, limit });
  const lines = entries.length > 0 ? formatTable(COLUMNS, entries).trimEnd().split('\n') : ['no change was recorded'];
  return { jobId: null, lines, fields: { changes: entries } };
}

async function showRow({ store }: StoreContext, symbol: string, at: Minute): Promise<PlainResult> {
  const [{ findRowEvents, findRowImages }, { toTransitions }] = await Promise.all([
    import('../store/history-rows.js'),
    import('../quality/row-states.js'),
  ]);
  const minute = floorMinute(at);
  const current = await findRowImages(store.knex, symbol, minute);
  const changes = toTransitions<RowImage, RowEvent>(await findRowEvents(store.knex, symbol, minute), current);
  const lines = changes.map(
    ({ at: when, jobId, command, action, reason, before, after }) =>
      `${when.toISOString()}  job ${jobId} (${command ?? 'gone'})  ${action}${reason ? `, ${reason}` : ''}: ${formatRowChange(before, after)}`,
  );
  const nothing = `no job of chartctl ever changed the row of ${symbol} at ${formatMinute(minute)}`;
  const now = [...current.values()].map((row) => `now: ${formatRowChange(null, row)}`);
  return {
    jobId: null,
    lines: [...(lines.length > 0 ? lines : [nothing]), ...(now.length > 0 ? now : ['now: there is no row'])],
    fields: { symbol, minute, changes, rows: [...current.values()] },
  };
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
