import { parseSymbols } from '../core/symbol.js';
import type { StoredJob } from '../tables/jobs.js';
import { formatTable } from '../terminal/table.js';
import type { PlainCommand } from './framework/plain-command.js';

interface Own {
  limit: number;
  command: string | undefined;
  symbol: string | undefined;
}

export const jobsCommand: PlainCommand<Own> = {
  name: 'jobs',
  description: 'the last runs, with outcome and counts',
  argument: ['[symbol]', 'only jobs over this symbol'],
  options: [
    ['--limit <n>', 'how many (default: 20)'],
    ['--command <name>', 'only runs of this command'],
  ],
  examples: [
    ['chartctl jobs', 'what ran lately'],
    ['chartctl jobs BTCUSDT --command backfill --limit 5', 'the last backfills of a symbol'],
  ],
  parse: (flags, argument) => ({
    limit: flags.count('--limit', { min: 1, max: 100_000 }) ?? 20,
    command: flags.text('--command'),
    symbol: argument === undefined ? undefined : flags.problems.attempt(() => parseSymbols([argument]))?.[0],
  }),
  run: async ({ store }, options) => {
    const { requireCurrentSchema } = await import('../tables/migration/require-current-schema.js');
    const { findJobs } = await import('../tables/jobs.js');
    await requireCurrentSchema(store);
    const jobs = await findJobs(store.knex, options);
    const lines = jobs.length > 0 ? formatTable(COLUMNS, jobs).trimEnd().split('\n') : ['no job was recorded'];
    return { jobId: null, lines, fields: { jobs } };
  },
};

const COLUMNS = [
  { title: 'job', cell: (job: StoredJob) => job.id },
  { title: 'started (UTC)', cell: (job: StoredJob) => formatTime(job.startedAt) },
  { title: 'command', cell: (job: StoredJob) => job.command },
  { title: 'symbols', cell: (job: StoredJob) => formatSymbols(job.symbols) },
  { title: 'outcome', cell: (job: StoredJob) => job.outcome },
  { title: 'seconds', cell: formatSeconds },
  { title: 'counts', cell: (job: StoredJob) => formatCounts(job) },
];

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
