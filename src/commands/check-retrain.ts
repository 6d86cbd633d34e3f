import { URL_VALUE } from '../config/setting.js';
import { formatDuration } from '../core/duration.js';
import { EXIT_CODES, Failure } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import { DEFAULTS, LIMITS } from '../core/limits.js';
import { DAY_MS, MINUTE_MS } from '../core/minute.js';
import { formatSpan } from '../core/range.js';
import { splitCommand, toShellCommand } from '../core/shell-words.js';
import type { CheckRetrainResult, CheckRetrainSummary } from '../jobs/retrain/check-retrain.js';
import { readProxySettings } from '../config/read-proxies.js';
import { WINDOW_MINUTES } from '../quality/window.js';
import type { Command } from './framework/command.js';
import { formatJobText } from './framework/job-result.js';
import { readDuration } from './framework/options/durations.js';
import type { Flags } from './framework/options/flags.js';
import { CONFIGURED_SYMBOLS, JOB_OPTIONS } from './framework/options/options.js';
import { runJob } from './framework/run-job.js';

export const checkRetrainCommand: Command<CheckRetrainResult> = {
  name: 'check-retrain',
  otherNames: ['train', 'retrain'],
  description: 'report whether another training is due, and why; run a training program or call a webhook',
  arguments: [CONFIGURED_SYMBOLS],
  options: [
    [
      '--threshold <share>',
      `due when backfill replaced more than this share of the rows (default: ${DEFAULTS.threshold})`,
    ],
    ['--window <rows>', `the number of the symbol's last rows that are counted (default: ${WINDOW_MINUTES})`],
    ['--max-age <duration>', 'also due when the last training is older than this, such as 12h or 7d'],
    ['--min-new-rows <n>', 'also due when at least this many valid rows are newer than the last training'],
    ['--max-fallback <share>', 'also due when more than this share of the rows newly came from fallback exchanges'],
    ['--max-drift <share>', 'also due when more than this share of the rows is no longer as it was first served'],
    ['--mark-trained', 'record a training now'],
    ['--exec <command>', 'run this when due, and record a training when it succeeds; quotes group words, no shell'],
    ['--exec-timeout <duration>', `end the command when it takes longer than this (default: ${DEFAULTS.execTimeout})`],
    ['--webhook <url>', 'post to this when due, signed with CHARTCTL_WEBHOOK_SECRET; before --exec'],
    ['--no-hooks', 'run no program and call no webhook, also configured ones'],
    ['--github-output', 'write due, symbols, reasons and reason as outputs of a step of GitHub Actions'],
    ['--exit-code', 'exit 10 when a training is due'],
    ...JOB_OPTIONS,
  ],
  examples: [
    ['chartctl check-retrain --all --exit-code', 'exit 10 when due'],
    ['chartctl check-retrain BTCUSDT --exec "python train.py --symbol BTCUSDT"', 'train when due'],
    ['chartctl check-retrain --all --max-age 7d --min-new-rows 1440', 'also weekly, and after a day of new rows'],
    ['chartctl check-retrain --all --webhook https://trainer.example.com/due', 'call a service'],
    ['chartctl check-retrain BTCUSDT --mark-trained', 'after a training by hand'],
  ],
  run: (call) => {
    const { flags, io } = call;
    const options = {
      threshold: flags.number('--threshold', LIMITS.share),
      window: flags.count('--window', LIMITS.windowRows),
      maxAgeMs: readDuration(flags, '--max-age', AGE_LIMITS_MS),
      minNewRows: flags.count('--min-new-rows', LIMITS.minNewRows),
      maxFallback: flags.number('--max-fallback', LIMITS.share),
      maxDrift: flags.number('--max-drift', LIMITS.share),
      markTrained: flags.isSet('--mark-trained'),
      ...readRetrainHooks(flags, io.env),
      githubOutput: readGithubOutput(flags, io.env),
    };
    return runJob(call, options, async () => (await import('../jobs/retrain/check-retrain.js')).checkRetrain);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: [
        {
          title: 'threshold',
          cell: (summary) => `${(100 * summary.threshold).toFixed(2)} %`,
          isShared: true,
          isRight: true,
          importance: 1,
        },
        { title: 'rows', cell: (summary) => summary.rows, isKept: true, importance: 3 },
        { title: 'replaced', cell: (summary) => summary.replaced, isKept: true },
        { title: 'share', cell: (summary) => `${(100 * summary.share).toFixed(2)} %`, isRight: true },
        { title: 'last training', cell: (summary) => summary.trainedAt?.toISOString(), importance: 2 },
        { title: 'due', cell: describeDue, tone: ({ isDue }) => (isDue ? 'warning' : undefined) },
      ],
      severity: ({ isDue, share }) => (isDue ? 1 + share : share),
      goal: { word: 'due', isReached: ({ isDue }) => isDue, namesReached: true },
      details: ({ reasons, marked }) => [
        ...reasons.map(({ reason, isDue, text }) => `${isDue ? 'due' : 'not due'} by ${reason}: ${text}`),
        ...(marked ? [`recorded as trained on: ${marked.rows} rows of ${formatSpan(marked)}`] : []),
      ],
      conclusion: describeHooks,
    }),
  document: async () => (await import('./documents/check-retrain.js')).checkRetrainDocument,
  exitCode: ({ isDue }) => (isDue ? EXIT_CODES.due : EXIT_CODES.done),
};

const AGE_LIMITS_MS = { min: MINUTE_MS, max: 3650 * DAY_MS };

const SECRET = 'CHARTCTL_WEBHOOK_SECRET';
/** A shorter secret could be guessed. */
const MIN_SECRET_LENGTH = 16;
/** The maximum stays below the 24 days that a timer can wait. */
const EXEC_LIMITS_MS = { min: 1000, max: 14 * DAY_MS };

/**
 * The hooks that run when a training is due; none with `--mark-trained` or `--no-hooks`.
 *
 * @param environment of this process; the program of `--exec` inherits it without the secret that signs webhooks
 */
function readRetrainHooks(flags: Flags, environment: Environment) {
  const areForbidden = !flags.isSet('--hooks');
  for (const hook of ['--exec', '--webhook']) {
    flags.atMostOne('--mark-trained', hook);
    if (areForbidden && flags.isSet(hook)) flags.problems.add(`${hook} and --no-hooks exclude each other`);
  }
  const command = flags.parse('--exec', (text) => readCommand(flags, text));
  const timeoutMs = readDuration(flags, '--exec-timeout', EXEC_LIMITS_MS);
  if (flags.isSet('--exec-timeout') && !command && !flags.isSet('--exec'))
    flags.problems.add('--exec-timeout needs --exec');
  if (areForbidden || flags.isSet('--mark-trained')) return {};
  return {
    exec: command && { command, environment: { ...environment, [SECRET]: undefined }, timeoutMs },
    webhook: flags.parse('--webhook', (url) => ({
      url: checkUrl(flags, url),
      secret: readSecret(flags),
      proxies: readProxySettings(flags.environment),
    })),
  };
}

/** The file for the outputs of a step of GitHub Actions, with `--github-output`. */
function readGithubOutput(flags: Flags, environment: Environment): string | undefined {
  if (!flags.isSet('--github-output')) return undefined;
  if (environment.GITHUB_OUTPUT) return environment.GITHUB_OUTPUT;
  flags.problems.add(
    '--github-output was given, but GITHUB_OUTPUT is not set',
    'it is set in a step of GitHub Actions',
  );
  return undefined;
}

function readCommand(flags: Flags, text: string): string[] {
  const words = splitCommand(text);
  if (words[0]?.trim()) return words;
  throw new Failure(
    'usage',
    `${flags.nameOf('--exec')} was ${JSON.stringify(text)}, which does not begin with a program`,
  );
}

/** The checked address. Messages show only its protocol: the rest may be secret. */
function checkUrl(flags: Flags, text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (protocol === 'https:' || protocol === 'http:') return text;
  const found = protocol === undefined ? 'was not understood' : `begins with "${protocol}"`;
  throw new Failure('usage', `${flags.nameOf('--webhook')} ${found}`, {
    hint: `expected ${URL_VALUE.expected}`,
  });
}

function readSecret(flags: Flags): string {
  const secret = flags.environment[SECRET] ?? '';
  if (secret.length >= MIN_SECRET_LENGTH) return secret;
  const found = secret === '' ? 'is not set' : `has ${secret.length} characters`;
  throw new Failure('usage', `${flags.nameOf('--webhook')} needs a secret to sign with, and ${SECRET} ${found}`, {
    hint: `set it in the environment or in .env to at least ${MIN_SECRET_LENGTH} characters, such as those of: openssl rand -hex 32`,
  });
}

function describeHooks({ webhook, exec }: CheckRetrainResult): string[] {
  return [
    ...(webhook ? [`${webhook.host} accepted the message${describeAttempts(webhook.attempts)}`] : []),
    ...(exec
      ? [`${toShellCommand(exec.command)} ended with ${exec.exitCode} after ${formatDuration(1000 * exec.seconds)}`]
      : []),
  ];
}

/** `yes: replaced, age (now marked as trained)`: the mark is shown beside the reasons, which it does not change. */
function describeDue({ isDue, reasons, marked }: CheckRetrainSummary): string {
  const names = reasons.filter((reason) => reason.isDue).map(({ reason }) => reason);
  return `${isDue ? `yes: ${names.join(', ')}` : 'no'}${marked ? ' (now marked as trained)' : ''}`;
}

function describeAttempts(attempts: number): string {
  return attempts === 1 ? '' : ` at attempt ${attempts}`;
}
