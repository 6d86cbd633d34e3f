import { HOUR_MS, MINUTE_MS } from '../../core/minute.js';
import type { Db } from '../../database/store.js';
import { type DeadJob, findDeadJobs, findLastJobs, type LastJob } from '../../tables/last-jobs.js';
import { type CheckResult, ok, warn } from './check-result.js';

/** The maximum time since the last start of a scheduled command. */
const LATE_AFTER_MS: Readonly<Record<string, number>> = {
  ingest: 3 * MINUTE_MS,
  backfill: 2 * HOUR_MS,
  clean: 48 * HOUR_MS,
};

const SCHEDULE_COMMAND = 'chartctl schedule crontab';

/** Checks whether the scheduled commands run in time, and whether jobs died without recording their end. */
export async function checkSchedule(db: Db): Promise<CheckResult[]> {
  const commands = Object.keys(LATE_AFTER_MS);
  const last = await findLastJobs(db, commands);
  const results = commands.map((command) =>
    checkCommand(
      command,
      last.find((job) => job.command === command),
    ),
  );
  const dead = await findDeadJobs(db);
  return dead.length > 0 ? [...results, toDeadJobsResult(dead)] : results;
}

function checkCommand(command: string, job: LastJob | undefined): CheckResult {
  const check = `last ${command}`;
  if (!job) return warn(check, 'never run', SCHEDULE_COMMAND);
  const when = `${formatAge(job.ageMs)} ago, job ${job.id}`;
  if (job.ageMs > LATE_AFTER_MS[command]!) {
    return warn(check, `${when}: overdue`, `check the schedule, or create one: ${SCHEDULE_COMMAND}`);
  }
  if (job.outcome === 'done' || job.outcome === 'running') return ok(check, `${when}, ${job.outcome}`);
  const reason = job.error ? `: ${job.error}` : '';
  return warn(check, `${when}, ended as ${job.outcome}${reason}`, `chartctl jobs --command ${command}`);
}

function toDeadJobsResult(jobs: readonly DeadJob[]): CheckResult {
  const { id, command, ageMs } = jobs.at(-1)!;
  const others = jobs.length > 1 ? `, and ${jobs.length - 1} before it` : '';
  const found = `job ${id}, ${command}, started ${formatAge(ageMs)} ago and died without reporting${others}`;
  return warn('unfinished jobs', found, `run chartctl ${command} again; complete transactions were kept`);
}

/** A duration in its largest unit: `12 s`, `3 min`, `5 h`, `2 d`. */
function formatAge(spanMs: number): string {
  const seconds = Math.max(0, Math.round(spanMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
