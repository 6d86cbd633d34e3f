import type { Command } from 'commander';
import type { OptionText, Shell } from '../framework/command.js';
import { addHelpNotes } from '../framework/help.js';
import { addOptions, OUTPUT_OPTIONS, SYMBOL_OPTIONS } from '../framework/options.js';

const OPTIONS: readonly OptionText[] = [
  ...SYMBOL_OPTIONS,
  ['--export <file>', 'also write this training set: .csv, .jsonl or .parquet'],
  ['--export-at <time>', 'when: "hourly", or each day at this time in UTC (default: 00:37)'],
  ['--check-retrain', 'also check each hour whether another training is due'],
  ['--exec <command>', 'what check-retrain runs when due'],
  ['--webhook <url>', 'what check-retrain tells when due; CHARTCTL_WEBHOOK_SECRET signs it'],
  ['--ping-url <url>', 'what ingest tells its health to; with {job} in it every job, by its name'],
  ['--metrics-file <file>', 'crontab, systemd: where the jobs leave their metrics for Prometheus'],
  [
    '--env-file <file>',
    'crontab, systemd: the file of their environment (default: .env here, else /etc/chartctl.env; ~/chartctl.env if cron runs them without --user)',
  ],
  ['--log-file <file>', 'crontab, systemd: where their output is appended (default: cron a log, systemd its journal)'],
  ['--user <name>', 'crontab: for /etc/cron.d, run by this user; systemd: the user (default: chartctl)'],
  ['--image <name>', 'kubernetes: the container image that has chartctl'],
  ['--namespace <name>', 'kubernetes: the namespace'],
  ['--volume-claim <name>', 'kubernetes: the PersistentVolumeClaim that --export writes to'],
  ['--out <folder>', 'write the files into this folder instead of printing them'],
  ['--force', 'with --out: replace files that are there'],
];

/** `chartctl schedule`: the files with which a scheduler runs the other commands. It opens no database. */
export function addScheduleCommand(program: Command, { io, finish }: Shell): void {
  const command = program
    .command('schedule')
    .description('print ready files for cron, systemd, GitHub Actions or Kubernetes')
    .argument('<crontab|systemd|github-actions|kubernetes>', 'what is to run the jobs')
    .argument('[symbols...]', 'symbols such as BTCUSDT; without any: those that are configured');
  const examples = [
    ['chartctl schedule crontab BTCUSDT ETHUSDT --user chartctl > chartctl', 'for /etc/cron.d'],
    ['chartctl schedule systemd --all --out units', 'a service and a timer for each job'],
    ['chartctl schedule crontab --all --check-retrain --exec "python train.py"', 'train when due'],
    ['chartctl schedule github-actions BTCUSDT --export train.csv', 'a training set each day'],
    ['chartctl schedule kubernetes BTCUSDT --image registry.example.com/chartctl', 'CronJobs'],
  ] as const;
  addHelpNotes(addOptions(command, [...OPTIONS, ...OUTPUT_OPTIONS]), examples, [
    '',
    'Jobs: ingest each minute, backfill of the past 2 hours each hour, clean --repair and backfill of the past 4 days',
    'each day; exports and checks as asked. All skip what another run still holds. The files name an environment file,',
    'and never what is in it.',
  ]).action(async (target: string, names: string[], raw: Record<string, unknown>) => {
    const { printSchedule } = await import('./print-schedule.js');
    finish(await printSchedule(io, target, names, raw));
  });
}
