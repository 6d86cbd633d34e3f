import type { ScheduledJob, Timing } from './scheduled-job.js';

export interface RetrainSettings {
  exec?: string | undefined;
  webhook?: string | undefined;
  /** Whether a program is run when due: that of `exec`, or one that is configured. */
  runsProgram: boolean;
}

/** What is to be run, as the person asked for it; paths are absolute. */
export interface ScheduleSettings {
  symbols: readonly string[] | { file: string } | 'all';
  /** Whether what the jobs say on standard error goes to a file: then each line has its time. */
  isLogged?: boolean;
  config?: string | undefined;
  /** Whether it is configured how long jobs wait for their turn at a symbol. */
  hasLockWait?: boolean;
  pingUrl?: string | undefined;
  metricsFile?: string | undefined;
  export?: { file: string; when: Timing } | undefined;
  checkRetrain?: RetrainSettings | undefined;
}

/** Stands in `--ping-url` for the job's name: a monitor wants a check of its own for each schedule. */
export const JOB_PLACEHOLDER = '{job}';

/** In seconds: half a minute's turn of a cleaning or an undo does not keep ingest from its minute. */
const INGEST_LOCK_WAIT = 30;

/** Jobs that keep the table right; none of them is at the same minute as another, but ingest. */
const MAINTENANCE_JOBS: readonly ScheduledJob[] = [
  createJob('ingest', 'the past minute, and what was missed before it', ['ingest'], { every: 'minute' }, 5),
  createJob(
    'backfill',
    'what the past 2 hours lack or have in doubt',
    ['backfill', '--hours', '2'],
    { every: 'hour', minute: 7 },
    50,
  ),
  createJob(
    'clean',
    'flag what is abnormal, and ask Binance about it',
    ['clean', '--repair'],
    { every: 'day', hour: 0, minute: 17 },
    180,
  ),
  createJob(
    'catch-up',
    'what a ban or a machine that slept kept the hourly backfill and the clean from',
    ['backfill', '--days', '4'],
    { every: 'day', hour: 12, minute: 27 },
    110,
  ),
];

/** The jobs that keep the table right, then those that were asked for. */
export function planJobs(settings: ScheduleSettings): ScheduledJob[] {
  return [...MAINTENANCE_JOBS, ...planOptionalJobs(settings)].map((planned) => completeJob(planned, settings));
}

/** Only the jobs that use the table, exports and checks; what a check finds is left to other steps of its workflow. */
export function planForGithub(settings: ScheduleSettings): ScheduledJob[] {
  return planOptionalJobs(settings, ['--github-output']).map((planned) => completeJob(planned, settings));
}

function planOptionalJobs(
  { export: wanted, checkRetrain }: ScheduleSettings,
  retrainFlags: readonly string[] = [],
): ScheduledJob[] {
  const jobs: ScheduledJob[] = [];
  if (wanted) {
    const args = ['export-training-set', '--out', wanted.file];
    const planned = createJob('export', 'the training set', args, wanted.when, 60);
    jobs.push({ ...planned, writes: [wanted.file], logsResult: true });
  }
  if (checkRetrain) {
    const { exec, webhook, runsProgram } = checkRetrain;
    const args = ['check-retrain', ...retrainFlags, ...flag('--exec', exec), ...flag('--webhook', webhook)];
    const when: Timing = { every: 'hour', minute: 47 };
    const planned = createJob('check-retrain', 'whether another training is due', args, when, 10);
    const secrets = [...planned.secrets, ...(webhook === undefined ? [] : ['CHARTCTL_WEBHOOK_SECRET'])];
    jobs.push({
      ...planned,
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
    limitMinutes,
    writes: [],
    secrets: ['DATABASE_URL'],
    logsResult: false,
    runsProgram: false,
  };
}

/** Adds what every job gets: its symbols, no overlap, and what it tells monitors. */
function completeJob(planned: ScheduledJob, settings: ScheduleSettings): ScheduledJob {
  const { metricsFile, config, isLogged, hasLockWait } = settings;
  const isPatient = planned.name === 'ingest' && !hasLockWait;
  const args = [
    ...planned.args,
    ...flag('--lock-wait', isPatient ? String(INGEST_LOCK_WAIT) : undefined),
    ...['--if-locked', 'skip'],
    ...(isLogged ? ['--log-format', 'json', ...(planned.logsResult ? ['--json'] : [])] : ['--quiet']),
    ...flag('--config', config),
    ...flag('--ping-url', pingUrlOf(planned.name, settings.pingUrl)),
    ...flag('--metrics-file', metricsFile),
    ...symbolArguments(settings.symbols),
  ];
  return { ...planned, args, writes: [...planned.writes, ...(metricsFile === undefined ? [] : [metricsFile])] };
}

/** A URL without the placeholder is one check's, and that is ingest's. */
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
