import { LIMITS } from '../core/limits.js';
import { readDuration } from '../cli/duration-flag.js';
import { toShellCommand } from '../core/quote-for-shell.js';
import { readGithubOutput, readRetrainHooks } from '../cli/retrain-hook-flags.js';
import { formatDuration } from '../core/duration.js';
import { EXIT_CODES } from '../core/failure.js';
import { formatSpan } from '../core/range.js';
import type { CheckRetrainOptions, CheckRetrainResult, CheckRetrainSummary } from '../jobs/retrain/check-retrain.js';
import type { JobOptions } from '../jobs/result.js';
import type { JobCommand } from './job-command.js';

type Own = Omit<CheckRetrainOptions, keyof JobOptions>;

const AGE_BOUNDS_MS = { min: 60_000, max: 3650 * 86_400_000 };

export const checkRetrainCommand: JobCommand<Own, CheckRetrainSummary, CheckRetrainResult> = {
  name: 'check-retrain',
  description: 'say whether another training is due, and why; run or tell what trains',
  options: [
    ['--threshold <share>', 'due when backfill replaced more than this share of the rows (default: 0.05)'],
    ['--window <rows>', "look at the symbol's last rows (default: 600)"],
    ['--max-age <duration>', 'also due when the last training is older than this, such as 12h or 7d'],
    ['--min-new-rows <n>', 'also due when so many valid rows are newer than the last training'],
    ['--max-fallback <share>', 'also due when more than this share of the rows newly came from fallback exchanges'],
    ['--mark-trained', 'record a training now'],
    ['--exec <command>', 'run this when due, and record a training when it succeeds; quotes are honoured, no shell'],
    ['--exec-timeout <duration>', 'end the command when it takes longer than this (default: 6h)'],
    ['--webhook <url>', 'post to this when due, signed with CHARTCTL_WEBHOOK_SECRET; before --exec'],
    ['--no-hooks', 'run and tell nothing, whatever is configured'],
    ['--github-output', 'leave due, symbols, reasons and reason as outputs of a step of GitHub Actions'],
    ['--exit-code', 'exit 10 when a training is due'],
  ],
  examples: [
    ['chartctl check-retrain --all --exit-code', 'exit 10 when due'],
    ['chartctl check-retrain BTCUSDT --exec "python train.py --symbol BTCUSDT"', 'train when due'],
    ['chartctl check-retrain --all --max-age 7d --min-new-rows 1440', 'also weekly, and after a day of new rows'],
    ['chartctl check-retrain --all --webhook https://trainer.example.com/due', 'tell a service'],
    ['chartctl check-retrain BTCUSDT --mark-trained', 'after a training by hand'],
  ],
  parse: (flags, _, environment) => ({
    threshold: flags.number('--threshold', LIMITS.share),
    window: flags.count('--window', LIMITS.windowRows),
    maxAgeMs: readDuration(flags, '--max-age', AGE_BOUNDS_MS),
    minNewRows: flags.count('--min-new-rows', LIMITS.minNewRows),
    maxFallback: flags.number('--max-fallback', LIMITS.share),
    markTrained: flags.isSet('--mark-trained'),
    ...readRetrainHooks(flags, environment),
    githubOutput: readGithubOutput(flags, environment),
  }),
  load: async () => (await import('../jobs/retrain/check-retrain.js')).checkRetrain,
  columns: [
    { title: 'rows', cell: (summary) => summary.rows },
    { title: 'replaced', cell: (summary) => summary.replaced },
    { title: 'share', cell: (summary) => `${(100 * summary.share).toFixed(2)} %` },
    { title: 'threshold', cell: (summary) => `${(100 * summary.threshold).toFixed(2)} %` },
    { title: 'due', cell: describeDue },
    { title: 'last training', cell: (summary) => summary.trainedAt?.toISOString() },
  ],
  details: ({ reasons, marked }) => [
    ...reasons.map(({ reason, isDue, text }) => `${isDue ? 'due' : 'not due'} by ${reason}: ${text}`),
    ...(marked ? [`recorded as trained on: ${marked.rows} rows of ${formatSpan(marked)}`] : []),
  ],
  conclusion: ({ webhook, exec }) => [
    ...(webhook ? [`${webhook.host} took the message${describeAttempts(webhook.attempts)}`] : []),
    ...(exec
      ? [`${toShellCommand(exec.command)} ended with ${exec.exitCode} after ${formatDuration(1000 * exec.seconds)}`]
      : []),
  ],
  extra: ({ isDue, webhook, exec }) => ({ isDue, webhook, exec }),
  exitCode: ({ isDue }) => (isDue ? EXIT_CODES.due : EXIT_CODES.done),
};

/** `yes: replaced, age (now marked as trained)`: a mark does not change that it was due. */
function describeDue({ isDue, reasons, marked }: CheckRetrainSummary): string {
  const names = reasons.filter((reason) => reason.isDue).map(({ reason }) => reason);
  return `${isDue ? `yes: ${names.join(', ')}` : 'no'}${marked ? ' (now marked as trained)' : ''}`;
}

function describeAttempts(attempts: number): string {
  return attempts === 1 ? '' : ` at attempt ${attempts}`;
}
