import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatRange, sumMinutes } from '../core/range.js';
import { parseSymbols } from '../core/symbol.js';
import type { ImportedFile, ImportResult, ImportSummary, RefusedFile } from '../jobs/import/import-files.js';
import type { Column } from '../terminal/table.js';
import type { Command } from './framework/command.js';
import { dueIfAny, formatJobText } from './framework/job-result.js';
import type { Flags } from './framework/options/flags.js';
import {
  FILE_JOB_OPTIONS,
  readLocking,
  readLogFormat,
  readMonitoringOptions,
  readPace,
} from './framework/options/options.js';
import { readConfig } from './framework/options/read-config.js';
import { runJobWith } from './framework/run-job.js';

export const importCommand: Command<ImportResult> = {
  name: 'import',
  otherNames: ['load'],
  description:
    "take missing and suspect minutes from files: zips of Binance's archive, and CSVs; rebuild the rows after them",
  arguments: [['<files...>', 'files and folders; folders with all that is in them']],
  options: [
    ['--symbol <symbol>', 'the symbol of CSV files whose name and columns do not say it'],
    ['--dry-run', 'check the files and print what would be taken'],
    ['--exit-code', 'with --dry-run: exit 10 when something would change'],
    ...FILE_JOB_OPTIONS,
  ],
  notes: [
    '',
    'Files:',
    "  BTCUSDT-1m-2024-01.zip  a month or a day of Binance's archive, or its CSV; a .CHECKSUM beside a zip is compared",
    "  .csv,.csv.gz            any name, with Binance's 12 columns, or a header that names timestamp, open, high, low, close, volume",
    '',
    'A header may also name symbol and source; other columns are ignored. Times are ISO 8601 with Z or an offset, or epoch',
    'milliseconds or microseconds. Rows whose source is neither BINANCE nor BINANCE_BACKFILL are left out and counted,',
    'because what is imported is stored as BINANCE_BACKFILL. So are candles off the minute, the candle that is still open,',
    'and all rows of a minute that differ from each other; repeated rows count once.',
    '',
    'A file is refused as a whole when it is damaged, was made before its period was over, has another interval, or has a',
    'row that is no sound candle. The other files are imported; the exit code is then 3. Valid rows are not changed.',
  ],
  examples: [
    ['chartctl import ~/archive', 'every file of a folder and its folders'],
    ['chartctl import BTCUSDT-1m-2024-01.zip --dry-run', 'what a month would add'],
    ['chartctl import candles.csv.gz --symbol BTCUSDT', "a CSV with Binance's columns"],
  ],
  run: (call) => {
    const { flags, args, io } = call;
    flags.needs('--exit-code', '--dry-run');
    const options = {
      files: readPaths(flags, args),
      symbol: flags.parse('--symbol', (text) => parseSymbols([text])[0]),
      dryRun: flags.isSet('--dry-run'),
      symbols: [],
      ...readLocking(flags),
    };
    const pace = readPace(flags);
    // the session uses these already; here their problems are collected
    readLogFormat(flags);
    readMonitoringOptions(flags);
    const config = readConfig(flags, io);
    return runJobWith(call, { config, options, pace }, async () => {
      return (await import('../jobs/import/import-files.js')).importFiles;
    });
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: COLUMNS,
      severity: ({ refused, missingMinutes }) => refused.length * REFUSED_WEIGHT + missingMinutes,
      details: ({ files, refused }) => [...files.flatMap(describeFile), ...refused.map(describeRefused)],
      findings: {
        title: 'missing',
        of: ({ missing }) =>
          missing.map((range) => ({ ...range, kind: MISSING, text: `${MISSING}: ${formatRange(range)}` })),
      },
      goal: { word: 'without a missing minute', isReached: ({ missingMinutes }) => missingMinutes === 0 },
      conclusion: ({ refused }) => refused.map(describeRefused),
    }),
  document: async () => (await import('./documents/import.js')).importDocument,
  exitCode: (result) => dueIfAny(result, ({ plannedMinutes }) => plannedMinutes > 0),
};

/** The absolute paths of the arguments. */
function readPaths(flags: Flags, args: readonly string[]): string[] {
  const paths = args.map((arg) => resolve(flags.cwd, arg));
  const absent = args.filter((_, i) => !existsSync(paths[i]!));
  if (absent.length > 0) {
    const names = absent.map((arg) => JSON.stringify(arg)).join(', ');
    flags.problems.add(`${names} ${absent.length > 1 ? 'do' : 'does'} not exist`, 'expected files or folders');
  }
  return paths;
}

/** In the order of symbols a refused file outweighs any number of missing minutes. */
const REFUSED_WEIGHT = 1e9;

const MISSING = 'in no file and not in the table';

const COLUMNS: readonly Column<ImportSummary>[] = [
  { title: 'range', cell: ({ range }) => formatRange(range), isShared: true, importance: 6 },
  { title: 'files', cell: ({ files }) => files.length, isKept: true, isSum: true, importance: 5 },
  {
    title: 'refused',
    cell: ({ refused }) => refused.length,
    isSum: true,
    tone: ({ refused }) => (refused.length > 0 ? 'bad' : undefined),
  },
  { title: 'rows', cell: ({ files }) => sum(files, ({ rows }) => rows), isKept: true, isSum: true, importance: 7 },
  { title: 'taken', cell: ({ plannedMinutes }) => plannedMinutes, isKept: true, isSum: true },
  { title: 'inserted', cell: ({ inserted }) => inserted, isSum: true, importance: 4 },
  { title: 'replaced', cell: ({ replaced }) => replaced, isSum: true, importance: 3 },
  { title: 'confirmed', cell: ({ confirmed }) => confirmed, isSum: true, importance: 2 },
  { title: 'rebuilt', cell: ({ rebuilt }) => rebuilt, isSum: true, importance: 1 },
  { title: 'missing', cell: ({ missingMinutes }) => missingMinutes, isSum: true },
  { title: 'valid', cell: ({ valid }) => valid, isKept: true, isSum: true },
];

function describeRefused({ path, reason }: RefusedFile): string {
  return `not imported: ${path}: ${reason}`;
}

/** A line on the rows of a file that were left out, if there are any. */
function describeFile({ path, duplicates, conflicting, offMinute, otherSource, open }: ImportedFile): string[] {
  const differing = sumMinutes(conflicting);
  const parts = [
    duplicates > 0 ? `${duplicates} repeated rows` : '',
    differing > 0 ? `${differing} minutes with rows that differ: ${conflicting.map(formatRange).join(', ')}` : '',
    offMinute > 0 ? `${offMinute} minutes with candles off the minute` : '',
    otherSource > 0 ? `${otherSource} rows of another source than Binance` : '',
    open > 0 ? `${open} rows of a minute that is not over` : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? [`left out of ${path}: ${parts.join('; ')}`] : [];
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
