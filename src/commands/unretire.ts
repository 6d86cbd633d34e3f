import { parseSymbols } from '../core/symbol.js';
import type { JobResult } from '../jobs/job.js';
import type { UnretireSummary } from '../jobs/retire.js';
import type { Command } from './framework/command.js';
import { formatJobText } from './framework/job-result.js';
import { OUTPUT_OPTIONS } from './framework/options/options.js';
import { runInDatabase } from './framework/run-job.js';

export const unretireCommand: Command<JobResult<UnretireSummary>> = {
  name: 'unretire',
  otherNames: ['enable'],
  description: 'take back the retirement of symbols',
  arguments: [['<symbols...>', 'symbols such as BTCUSDT']],
  options: OUTPUT_OPTIONS,
  examples: [['chartctl unretire MATICUSDT', 'the next ingest fetches it again; a backfill fills what was missed']],
  run: (call) => {
    const { flags, args } = call;
    const symbols = flags.problems.attempt(() => parseSymbols(args)) ?? [];
    return runInDatabase(call, async (context) => {
      const { unretire } = await import('../jobs/retire.js');
      return unretire(context, { symbols });
    });
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [{ title: 'was retired', cell: ({ wasRetired }) => wasRetired }],
      goal: { word: 'taken back', isReached: ({ wasRetired }) => wasRetired },
    }),
  document: async () => (await import('./documents/retire.js')).unretireDocument,
};
