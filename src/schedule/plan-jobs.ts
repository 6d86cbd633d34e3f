import { DATABASE_URL, type ScheduledJob, type Timing, WEBHOOK_SECRET } from './scheduled-job.js';

export interface RetrainSettings {
  exec?: string | undefined;
  webhook?: string | undefined;
  /** Whether a program is run when a training is due: that of `exec`, or a configured one. */
  runsProgram: boolean;
}

/** The options of `schedule`; paths are absolute. */
export interface ScheduleSettings {
  symbols: readonly string[] | { file: string } | 'all';
  /** Where the jobs' output goes: a log file's lines need a time, a journal has one; each result is one line of it. */
  output?: 'log file' | 'journal' | undefined;
  config?: string | undefined;
  /** Whether a lock wait is configured. */
  hasLockWait?: boolean;
  pingUrl?: string | undefined;
  metricsFile?: string | undefined;
  export?: { file: string; when: Timing } | undefined;
  checkRetrain?: RetrainSettings | undefined;
}

/** Stands for the job's name in `--ping-url`: monitors need one check for each schedule. */
const JOB_PLACEHOLDER = '{job}';

/** When Binance has published the candle of the minute before. */
const START_DELAY_SECONDS = 3;
/** When the ingest of the same minute has usually ended: it looks for a candle for 10 s at most. */
const AFTER_INGEST_SECONDS = 30;

/** Long enough for the longest usual transaction of clean or undo, so that ingest does not skip its minute. */
const INGEST_LOCK_WAIT_SECONDS = 30;

/** The jobs that maintain the table. Except for ingest, no two of them start in the same minute. */
const MAINTENANCE_JOBS: readonly ScheduledJob[] = [
  createJob('ingest', 'the past minute, and the missed ones before it', ['ingest'], { every: 'minute' }, 5),
  createJob(
    'backfill',
    'missing and suspect minutes of the past 2 hours',
    ['backfill', '--hours', '2'],
    { every: 'hour', minute: 7 },
    50,
  ),
  createJob(
    'clean',
    'flag abnormal rows, and check them with Binance',
    ['clean', '--repair'],
    { every: 'day', hour: 0, minute: 17 },
    180,
  ),
  createJob(
    'catch-up',
    'minutes that a ban or downtime of the machine kept the hourly backfill and clean from',
    ['backfill', '--days', '4'],
    { every: 'day', hour: 12, minute: 27 },
    110,
  ),
];

/** The jobs that maintain the table, then the optional ones. */
export function planJobs(settings: ScheduleSettings): ScheduledJob[] {
  return [...MAINTENANCE_JOBS, ...planOptionalJobs(settings)].map((planned) => completeJob(planned, settings));
}

/** Only exports and checks; the result of a check is an output for other steps of its workflow. */
export function planForGithub(settings: ScheduleSettings): ScheduledJob[] {
  return planOptionalJobs(settings, ['--github-output']).map((planned) => completeJob(planned, settings));
}

function planOptionalJobs(
  { export: wanted, checkRetrain }: ScheduleSettings,
  retrainFlags: readonly string[] = [],
): ScheduledJob[] {
  const jobs: ScheduledJob[] = [];
  if (wanted) {
    const args = ['export-training-set', '--out', wanted.file, '--require-ready'];
    const planned = createJob('export', 'the training set', args, wanted.when, 60);
    jobs.push({ ...planned, delaySeconds: AFTER_INGEST_SECONDS, writes: [wanted.file], logsResult: true });
  }
  if (checkRetrain) {
    const { exec, webhook, runsProgram } = checkRetrain;
    const args = ['check-retrain', ...retrainFlags, ...flag('--exec', exec), ...flag('--webhook', webhook)];
    const when: Timing = { every: 'hour', minute: 47 };
    const planned = createJob('check-retrain', 'whether another training is due', args, when, 10);
    const secrets = [...planned.secrets, ...(webhook === undefined ? [] : [WEBHOOK_SECRET])];
    jobs.push({
      ...planned,
      delaySeconds: AFTER_INGEST_SECONDS,
      secrets,
      logsResult: true,
      ...(runsProgram ? { limitMinutes: undefined, runsProgram } : {}),
    });
  }
  return jobs;
}

function createJob(
  name: string,
  about: string,
  args: readonly string[],
  when: Timing,
  limitMinutes: number | undefined,
): ScheduledJob {
  return {
    name,
    about,
    args,
    when,
    delaySeconds: START_DELAY_SECONDS,
    limitMinutes,
    writes: [],
    secrets: [DATABASE_URL],
    logsResult: false,
    runsProgram: false,
  };
}

/** Adds the arguments that all jobs have: symbols, locks, output, monitoring. */
function completeJob(planned: ScheduledJob, settings: ScheduleSettings): ScheduledJob {
  const { metricsFile, config, output, hasLockWait } = settings;
  const needsLockWait = planned.name === 'ingest' && !hasLockWait;
  const args = [
    ...planned.args,
    ...flag('--lock-wait', needsLockWait ? String(INGEST_LOCK_WAIT_SECONDS) : undefined),
    ...['--if-locked', 'skip'],
    ...(output === 'log file' ? ['--log-format', 'json'] : ['--quiet']),
    ...(output !== undefined && planned.logsResult ? ['--json'] : []),
    ...flag('--config', config),
    ...flag('--ping-url', pingUrlOf(planned.name, settings.pingUrl)),
    ...flag('--metrics-file', metricsFile),
    ...symbolArguments(settings.symbols),
  ];
  return { ...planned, args, writes: [...planned.writes, ...(metricsFile === undefined ? [] : [metricsFile])] };
}

/** A URL without the placeholder belongs to a single check, that of ingest. */
function pingUrlOf(name: string, url: string | undefined): string | undefined {
  if (url?.includes(JOB_PLACEHOLDER)) return url.replaceAll(JOB_PLACEHOLDER, name);
  return name === 'ingest' ? url : undefined;
}

function symbolArguments(symbols: ScheduleSettings['symbols']): string[] {
  if (symbols === 'all') return ['--all'];
  if ('file' in symbols) return ['--symbols-file', symbols.file];
  const looksLikeFlag = symbols.some((symbol) => symbol.startsWith('-'));
  return [...(looksLikeFlag ? ['--'] : []), ...symbols];
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
