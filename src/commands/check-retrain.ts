import { splitCommand } from '../cli/split-command.js';
import { EXIT_CODES } from '../core/failure.js';
import type { CheckRetrainOptions, CheckRetrainResult, CheckRetrainSummary } from '../jobs/check-retrain.js';
import type { JobOptions } from '../jobs/result.js';
import type { JobCommand } from './job-command.js';

type Own = Omit<CheckRetrainOptions, keyof JobOptions>;

export const checkRetrainCommand: JobCommand<Own, CheckRetrainSummary, CheckRetrainResult> = {
  name: 'check-retrain',
  description: 'say whether backfill replaced so many rows since the last training that another is due',
  options: [
    ['--threshold <share>', 'due when the replaced share is greater than this (default: 0.05)'],
    ['--window <rows>', "look at the symbol's last rows (default: 600)"],
    ['--mark-trained', 'record a training now'],
    ['--exec <command>', 'run this when due, and record a training when it succeeds; quotes are honoured, no shell'],
    ['--exit-code', 'exit 10 when a training is due'],
  ],
  examples: [
    ['chartctl check-retrain --all --exit-code', 'exit 10 when due'],
    ['chartctl check-retrain BTCUSDT --exec "python train.py --symbol BTCUSDT"', 'train when due'],
    ['chartctl check-retrain BTCUSDT --mark-trained', 'after a training by hand'],
  ],
  parse: (flags) => {
    flags.atMostOne('--mark-trained', '--exec');
    return {
      threshold: flags.number('--threshold', { min: 0, max: 1 }),
      window: flags.count('--window', { min: 1, max: 1_000_000 }),
      markTrained: flags.isSet('--mark-trained'),
      exec: flags.parse('--exec', splitCommand),
    };
  },
  load: async () => (await import('../jobs/check-retrain.js')).checkRetrain,
  columns: [
    { title: 'rows', cell: (summary) => summary.rows },
    { title: 'replaced', cell: (summary) => summary.replaced },
    { title: 'share', cell: (summary) => `${(100 * summary.share).toFixed(2)} %` },
    { title: 'threshold', cell: (summary) => `${(100 * summary.threshold).toFixed(2)} %` },
    { title: 'due', cell: (summary) => summary.isDue },
    { title: 'last training', cell: (summary) => summary.trainedAt?.toISOString() },
  ],
  details: ({ reason }) => [reason],
  conclusion: ({ exec }) => (exec ? [`${exec.command.join(' ')} ended with ${exec.exitCode}`] : []),
  extra: ({ isDue, exec }) => ({ isDue, exec }),
  exitCode: ({ isDue }) => (isDue ? EXIT_CODES.due : EXIT_CODES.done),
};
