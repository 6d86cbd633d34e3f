import { parseSymbols } from '../core/symbol.js';
import type { StoredJob } from '../tables/jobs.js';
import { type Column, formatTable, type Tone } from '../terminal/table.js';
import type { Command, CommandResult } from './framework/command.js';
import { OUTPUT_OPTIONS } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

export const jobsCommand: Command<CommandResult & { jobs: StoredJob[] }> = {
  name: 'jobs',
  otherNames: ['runs', 'ps'],
  description: 'list the last runs with outcome and counts',
  arguments: [['[symbol]', 'only jobs over this symbol']],
  options: [
    ['--limit <n>', 'how many (default: 20)'],
    ['--command <name>', 'only runs of this command'],
    ...OUTPUT_OPTIONS,
  ],
  examples: [
    ['chartctl jobs', 'the last runs'],
    ['chartctl jobs BTCUSDT --command backfill --limit 5', 'the last backfills of a symbol'],
  ],
  readOnly: true,
  run: (call) => {
    const { flags, args } = call;
    const limit = flags.count('--limit', { min: 1, max: 100_000 }) ?? 20;
    const command = flags.text('--command');
    const symbol = flags.problems.attempt(() => parseSymbols(args))?.[0];
    return runInDatabase(call, async ({ store }) => {
      const { requireCurrentSchema } = await import('../tables/migration/require-current-schema.js');
      const { findJobs } = await import('../tables/jobs.js');
      await requireCurrentSchema(store);
      return { jobs: await findJobs(store.knex, { limit, command, symbol }) };
    });
  },
  text: ({ jobs }, view) => (jobs.length > 0 ? formatTable(COLUMNS, jobs, view) : 'no job was recorded\n'),
  document: async () => (await import('./documents/jobs.js')).jobsDocument,
};

const COLUMNS: readonly Column<StoredJob>[] = [
  { title: 'job', cell: (job) => job.id, isRight: true },
  { title: 'started (UTC)', cell: (job) => formatTime(job.startedAt) },
  { title: 'command', cell: (job) => job.command },
  { title: 'symbols', cell: (job) => formatSymbols(job.symbols), importance: 2 },
  { title: 'outcome', cell: (job) => job.outcome, tone: ({ outcome }) => TONES[outcome] },
  { title: 'seconds', cell: formatSeconds, isRight: true, importance: 1 },
  { title: 'counts', cell: (job) => formatCounts(job) },
];

const TONES: Readonly<Partial<Record<StoredJob['outcome'], Tone>>> = {
  failed: 'bad',
  incomplete: 'warning',
  temporary: 'warning',
  interrupted: 'warning',
};

function formatTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

function formatSymbols(symbols: readonly string[]): string {
  return symbols.length > 3 ? `${symbols.slice(0, 2).join(' ')} and ${symbols.length - 2} more` : symbols.join(' ');
}

function formatSeconds({ startedAt, finishedAt }: StoredJob): string | null {
  return finishedAt && ((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1);
}

function formatCounts({ counts, arguments: given, error }: StoredJob): string {
  const undone = typeof given.undoes === 'number' ? [`of job ${given.undoes}`] : [];
  const done = Object.entries(counts).filter(([, count]) => count > 0);
  return [...undone, ...done.map(([name, count]) => `${name} ${count}`), ...(error ? [error] : [])].join(', ');
}
