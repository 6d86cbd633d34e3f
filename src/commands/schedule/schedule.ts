import { resolve } from 'node:path';
import { Failure } from '../../core/failure.js';
import { quoteForShell } from '../../core/shell-words.js';
import { FILE_ENDINGS } from '../../files/formats/formats.js';
import type { Schedule } from '../../schedule/scheduled-job.js';
import type { Command, CommandResult } from '../framework/command.js';
import { Flags } from '../framework/options/flags.js';
import { OUTPUT_OPTIONS, SYMBOL_OPTIONS } from '../framework/options/options.js';

interface ScheduleResult extends CommandResult {
  schedule: Schedule;
  /** The files in one text. */
  joined: string;
  /** The folder of `--out`, and the files that were written into it. */
  folder: string | undefined;
  written: readonly string[];
}

export const scheduleCommand: Command<ScheduleResult> = {
  name: 'schedule',
  otherNames: ['cron', 'crontab', 'systemd', 'kubernetes'],
  description: 'print ready files for cron, systemd, GitHub Actions or Kubernetes',
  arguments: [
    ['<crontab|systemd|github-actions|kubernetes>', 'the scheduler'],
    ['[symbols...]', 'symbols such as BTCUSDT; without any: those that are configured'],
  ],
  options: [
    ...SYMBOL_OPTIONS,
    ['--export <file>', `also write this training set: ${FILE_ENDINGS.join(', ')}`],
    ['--export-at <time>', '"hourly", or daily at this time in UTC (default: 00:37)'],
    ['--check-retrain', 'also check hourly whether another training is due'],
    ['--exec <command>', 'the program that check-retrain runs when due'],
    ['--webhook <url>', 'the webhook that check-retrain calls when due; CHARTCTL_WEBHOOK_SECRET signs it'],
    ['--ping-url <url>', 'the monitor of ingest; with {job} in it, of every job by its name'],
    ['--metrics-file <file>', "crontab, systemd: the file of the jobs' metrics for Prometheus"],
    [
      '--env-file <file>',
      'crontab, systemd: the file of their environment (default: .env here, else /etc/chartctl.env; ~/chartctl.env if cron runs them without --user)',
    ],
    [
      '--log-file <file>',
      'crontab, systemd: where their output is appended (default: cron a log, systemd its journal)',
    ],
    ['--user <name>', 'crontab: for /etc/cron.d, run by this user; systemd: the user (default: chartctl)'],
    ['--image <name>', 'kubernetes: the container image that has chartctl'],
    ['--containerfile', 'kubernetes: print a Containerfile that makes the image, instead'],
    ['--namespace <name>', 'kubernetes: the namespace'],
    ['--volume-claim <name>', 'kubernetes: the PersistentVolumeClaim that --export writes to'],
    ['--out <folder>', 'write the files into this folder instead of printing them'],
    ['--force', 'with --out: replace existing files'],
    ...OUTPUT_OPTIONS,
  ],
  notes: [
    '',
    'Jobs: ingest each minute, backfill of the past 2 hours each hour, clean --repair and backfill of the past 4 days',
    'each day; exports and checks on request. All skip symbols that another run still holds. The files name an',
    'environment file, and never contain its values.',
  ],
  examples: [
    ['chartctl schedule crontab BTCUSDT ETHUSDT --user chartctl > chartctl', 'for /etc/cron.d'],
    ['chartctl schedule systemd --all --out units', 'a service and a timer for each job'],
    ['chartctl schedule crontab --all --check-retrain --exec "python train.py"', 'train when due'],
    ['chartctl schedule github-actions BTCUSDT --export train.csv', 'a training set each day'],
    ['chartctl schedule kubernetes BTCUSDT --image registry.example.com/chartctl', 'CronJobs'],
    ['chartctl schedule kubernetes --containerfile > Containerfile', 'their image'],
  ],
  run: async ({ args: [target = '', ...names], flags, raw, io }) => {
    const { joinFiles, SCHEDULERS } = await import('./schedulers.js');
    const scheduler = Object.hasOwn(SCHEDULERS, target) ? SCHEDULERS[target] : undefined;
    if (!scheduler) {
      const hint = `expected ${Object.keys(SCHEDULERS).join(', ')}`;
      throw new Failure('usage', `the scheduler was "${target}"`, { hint });
    }
    const out = flags.text('--out');
    flags.needs('--force', '--out');
    for (const [flag, targets] of Object.entries(ONLY_FOR)) {
      if (flags.isSet(flag) && !targets.includes(target)) {
        flags.problems.add(`${flag} is only for ${targets.join(', ')}`);
      }
    }
    const given = new Flags(raw, io.cwd, undefined, flags.problems);
    const schedule = scheduler({ given, flags, names, io });
    const joined = joinFiles(schedule);
    if (out === undefined) return { schedule, joined, folder: undefined, written: [] };
    const folder = resolve(io.cwd, out);
    const { writeNewFiles } = await import('../../files/write-new-files.js');
    return { schedule, joined, folder, written: writeNewFiles(folder, schedule.files, flags.isSet('--force')) };
  },
  text: ({ schedule, joined, folder, written }, { flags }) =>
    folder === undefined ? joined : describeWritten(folder, written, schedule, flags.isSet('--quiet')),
  document: async () => (await import('../documents/schedule.js')).scheduleDocument,
};

const ON_THIS_MACHINE = ['crontab', 'systemd'];
/** Options of some schedulers only. */
const ONLY_FOR: Readonly<Record<string, readonly string[]>> = {
  '--env-file': ON_THIS_MACHINE,
  '--log-file': ON_THIS_MACHINE,
  '--user': ON_THIS_MACHINE,
  '--metrics-file': ON_THIS_MACHINE,
  '--image': ['kubernetes'],
  '--containerfile': ['kubernetes'],
  '--namespace': ['kubernetes'],
  '--volume-claim': ['kubernetes'],
};

function describeWritten(folder: string, paths: readonly string[], { steps }: Schedule, isQuiet: boolean): string {
  const commands = [`cd ${quoteForShell(folder)}`, ...steps];
  const next = isQuiet ? [] : ['next:', ...commands.map((step) => `  ${step}`)];
  return [...paths, ...next].map((line) => `${line}\n`).join('');
}
