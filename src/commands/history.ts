import { floorMinute, formatMinute, MINUTE_MS } from '../core/minute.js';
import { countMinutes, formatRange, type MinuteRange } from '../core/range.js';
import { parseInstant } from '../core/parse-time.js';
import { parseSymbols } from '../core/symbol.js';
import type { Store } from '../database/store.js';
import type { Transition } from '../quality/audit-trail.js';
import type { UsedArchiveFile } from '../tables/archive-files.js';
import type { HistoryEntry, RowEvent, RowImage } from '../tables/history.js';
import { type Column, formatTable } from '../terminal/table.js';
import type { ChangeList, RowHistory } from './documents/history.js';
import type { Command, CommandResult } from './framework/command.js';
import { formatLines } from './framework/job-result.js';
import type { Flags } from './framework/options/flags.js';
import { OUTPUT_OPTIONS, readRange } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

export const historyCommand: Command<(ChangeList | RowHistory) & CommandResult> = {
  name: 'history',
  otherNames: ['changes', 'log', 'show'],
  description: 'list what jobs did to rows and why; with --at or --from every state of single rows',
  arguments: [['[symbol]', 'a symbol such as BTCUSDT']],
  options: [
    ['--at <time>', 'the row of this minute: each change with before and after'],
    ['--from <time>', 'the same for every row from this minute'],
    ['--to <time>', 'up to this one, itself not in it (default: now)'],
    ['--limit <n>', 'how many entries (default: 30)'],
    ...OUTPUT_OPTIONS,
  ],
  examples: [
    ['chartctl history BTCUSDT', 'the last changes of a symbol, newest first'],
    ['chartctl history BTCUSDT --at 2025-06-01T12:00Z', 'every change of one row'],
  ],
  readOnly: true,
  run: (call) => {
    const { flags, args } = call;
    const rangeFlag = ['--at', '--from'].find((flag) => flags.isSet(flag));
    if (rangeFlag && args.length === 0) flags.problems.add(`${rangeFlag} needs a symbol`, 'name one, as in BTCUSDT');
    const range = readRows(flags);
    const symbol = flags.problems.attempt(() => parseSymbols(args))?.[0];
    const limit = flags.count('--limit', { min: 1, max: 100_000 }) ?? 30;
    return runInDatabase(call, async ({ store }) => {
      const { requireCurrentSchema } = await import('../tables/migration/require-current-schema.js');
      await requireCurrentSchema(store);
      return symbol && range ? findRowHistory(store, symbol, range, limit) : findChanges(store, symbol, limit);
    });
  },
  text: (result, view) => {
    if (result.kind === 'rows') return formatLines(describeRows(result), view.columns);
    return result.changes.length > 0 ? formatTable(COLUMNS, result.changes, view) : 'no change was recorded\n';
  },
  document: async () => (await import('./documents/history.js')).historyDocument,
};

/** The rows of `--at`, or of `--from` and `--to`. */
function readRows(flags: Flags): MinuteRange | undefined {
  const at = flags.minute('--at');
  const range = readRange(flags, '--at');
  // an open end is now; rows later than the clock are shown where their time is given
  if (range && flags.isSet('--to')) return range;
  if (range) return { from: range.from, to: Math.max(range.from, floorMinute(Date.now())) + MINUTE_MS };
  if (at === undefined) return undefined;
  const from = floorMinute(at);
  return { from, to: from + MINUTE_MS };
}

async function findChanges(store: Store, symbol: string | undefined, limit: number): Promise<ChangeList> {
  const [{ findHistory }, { inSnapshot }] = await Promise.all([
    import('../tables/history.js'),
    import('../database/snapshot.js'),
  ]);
  return { kind: 'changes', changes: await inSnapshot(store.knex, (trx) => findHistory(trx, { symbol, limit })) };
}

async function findRowHistory(store: Store, symbol: string, range: MinuteRange, limit: number): Promise<RowHistory> {
  const [{ findRowEvents, findRowImages }, { findFilesUsedFor }, { toTransitions }, { inSnapshot }] = await Promise.all(
    [
      import('../tables/history.js'),
      import('../tables/archive-files.js'),
      import('../quality/audit-trail.js'),
      import('../database/snapshot.js'),
    ],
  );
  const [current, events, files] = await inSnapshot(store.knex, async (trx) => [
    await findRowImages(trx, symbol, range),
    await findRowEvents(trx, symbol, range),
    await findFilesUsedFor(trx, symbol, range),
  ]);
  const changes = toTransitions<RowImage, RowEvent>(events, current).slice(-limit);
  return { kind: 'rows', symbol, range, changes, rows: [...current.values()], files };
}

function describeRows({ symbol, range, changes, rows, files }: RowHistory): string[] {
  const nothing = `no job of chartctl ever changed a row of ${symbol} in ${formatRange(range)}`;
  const isOneRow = countMinutes(range) === 1;
  const now = rows.map((row) => `now: ${formatRowChange(null, row)}`);
  return [
    ...(changes.length > 0
      ? changes.flatMap((event) => [formatEvent(event), ...describeFile(event, files)])
      : [nothing]),
    ...(isOneRow ? (now.length > 0 ? now : ['now: there is no row']) : []),
  ];
}

function formatEvent(event: Transition<RowEvent, RowImage>): string {
  const { time, at, jobId, command, action, reason, before, after } = event;
  const what = `${action}${reason ? `, ${reason}` : ''}: ${formatRowChange(before, after)}`;
  return `${at.toISOString()}  job ${jobId} (${command ?? 'forgotten'})  row ${time}  ${what}`;
}

/** The digits of a SHA-256 that are shown: enough to tell files apart. */
const SHOWN_HASH_DIGITS = 12;

/** A line on the file that the row was inserted or replaced from. */
function describeFile(event: RowEvent, files: readonly UsedArchiveFile[]): string[] {
  if (event.action !== 'insert' && event.action !== 'replace') return [];
  const minute = floorMinute(parseInstant(event.time));
  const file = files.find(({ jobId, ranges }) => {
    return jobId === event.jobId && ranges.some(({ from, to }) => from <= minute && minute < to);
  });
  return file ? [`  from ${file.name}, SHA-256 ${file.sha256.slice(0, SHOWN_HASH_DIGITS)}, ${file.url}`] : [];
}

/** The columns that are shown of a row: its candle, its source, and what makes it valid or not. */
const SHOWN = ['open', 'high', 'low', 'close', 'volume', 'source', 'hasmissingdata', 'iscomplete', 'written_at'];

/** What differs between two states of a row, as `volume 5 -> 10`; the whole row where it was inserted or deleted. */
function formatRowChange(before: RowImage | null, after: RowImage | null): string {
  if (!before && !after) return 'there was no row';
  if (!before) return formatRow(after!);
  if (!after) return `${formatRow(before)} -> no row`;
  const changed = SHOWN.filter((name) => formatValue(before[name]) !== formatValue(after[name]));
  if (changed.length === 0) return 'only indicators differ';
  return changed.map((name) => `${name} ${formatValue(before[name])} -> ${formatValue(after[name])}`).join(', ');
}

function formatRow(row: RowImage): string {
  return SHOWN.map((name) => `${name} ${formatValue(row[name])}`).join(', ');
}

function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const COLUMNS: readonly Column<HistoryEntry>[] = [
  { title: 'when (UTC)', cell: (entry) => entry.at.toISOString().slice(0, 19).replace('T', ' ') },
  { title: 'job', cell: (entry) => entry.jobId, isRight: true },
  { title: 'command', cell: (entry) => entry.command, importance: 2 },
  { title: 'symbol', cell: (entry) => entry.symbol },
  { title: 'did', cell: (entry) => entry.action },
  { title: 'rows', cell: (entry) => entry.rows },
  { title: 'first', cell: (entry) => formatMinute(entry.first), importance: 3 },
  { title: 'last', cell: (entry) => formatMinute(entry.last), importance: 1 },
  { title: 'because', cell: (entry) => entry.reason },
];
