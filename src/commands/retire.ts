import { formatMinute } from '../core/minute.js';
import { parseSymbols } from '../core/symbol.js';
import type { JobResult } from '../jobs/job.js';
import type { RetireSummary } from '../jobs/retire.js';
import type { Command } from './framework/command.js';
import { formatJobText } from './framework/job-result.js';
import { OUTPUT_OPTIONS } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

export const retireCommand: Command<JobResult<RetireSummary>> = {
  name: 'retire',
  otherNames: ['delist', 'remove', 'delete'],
  description: 'leave symbols out of --all, scheduled jobs, metrics and readiness; their rows stay',
  arguments: [['<symbols...>', 'symbols such as BTCUSDT']],
  options: [['--reason <text>', 'why, for status'], ...OUTPUT_OPTIONS],
  notes: [
    '',
    'ingest, backfill, clean, check-retrain and export-training-set --require-ready skip a retired symbol also when it is',
    'named; other commands work on it then.',
  ],
  examples: [
    ['chartctl retire MATICUSDT --reason "renamed to POL"', 'a symbol that Binance does not trade any more'],
    ['chartctl unretire MATICUSDT', 'take it back'],
  ],
  run: (call) => {
    const { flags, args } = call;
    const reason = flags.text('--reason');
    const symbols = flags.problems.attempt(() => parseSymbols(args)) ?? [];
    return runInDatabase(call, async (context) => {
      const { retire } = await import('../jobs/retire.js');
      return retire(context, { symbols, reason });
    });
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        { title: 'last row', cell: ({ last }) => formatMinute(last.minute) },
        { title: 'retired (UTC)', cell: ({ retiredAt }) => retiredAt.toISOString().slice(0, 19).replace('T', ' ') },
        { title: 'already before', cell: ({ wasRetired }) => wasRetired, importance: 1 },
        { title: 'reason', cell: ({ reason }) => reason },
      ],
      goal: { word: 'retired', isReached: () => true },
    }),
  document: async () => (await import('./documents/retire.js')).retireDocument,
};
