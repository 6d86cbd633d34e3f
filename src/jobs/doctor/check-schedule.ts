import { HOUR_MS, MINUTE_MS } from '../../core/minute.js';
import type { Db } from '../../database/store.js';
import { type DeadJob, findDeadJobs, findLastJobs, type LastJob } from '../../tables/jobs.js';
import { type CheckResult, ok, warn } from './check-result.js';

/** `12 s`, `3 min`, `5 h`, `2 d`: a span as a glance has it. */
export function formatAge(spanMs: number): string {
  const seconds = Math.max(0, Math.round(spanMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** How long ago a scheduled command may have begun last. */
const LATE_AFTER_MS: Readonly<Record<string, number>> = {
  ingest: 3 * MINUTE_MS,
  backfill: 2 * HOUR_MS,
  clean: 48 * HOUR_MS,
};

const SCHEDULE_COMMAND = 'chartctl schedule crontab';

/** Whether the jobs that keep the data right were seen to run. */
export async function checkSchedule(db: Db): Promise<CheckResult[]> {
  const commands = Object.keys(LATE_AFTER_MS);
  const last = await findLastJobs(db, commands);
  const findings = commands.map((command) =>
    checkCommand(
      command,
      last.find((job) => job.command === command),
    ),
  );
  const lost = await findDeadJobs(db);
  return lost.length > 0 ? [...findings, toLostJobsResult(lost)] : findings;
}

function checkCommand(command: string, job: LastJob | undefined): CheckResult {
  const check = `last ${command}`;
  if (!job) return warn(check, 'it was not seen to run', SCHEDULE_COMMAND);
  const when = `${formatAge(job.ageMs)} ago, job ${job.id}`;
  if (job.ageMs > LATE_AFTER_MS[command]!) {
    return warn(
      check,
      `${when}: later than a schedule would have it`,
      `check the schedule, or make one: ${SCHEDULE_COMMAND}`,
    );
  }
  if (job.outcome === 'done' || job.outcome === 'running') return ok(check, `${when}, ${job.outcome}`);
  const why = job.error ? `: ${job.error}` : '';
  return warn(check, `${when}, ended as ${job.outcome}${why}`, `chartctl jobs --command ${command}`);
}

function toLostJobsResult(jobs: readonly DeadJob[]): CheckResult {
  const { id, command, ageMs } = jobs.at(-1)!;
  const others = jobs.length > 1 ? `, and ${jobs.length - 1} before it` : '';
  const found = `job ${id}, ${command}, began ${formatAge(ageMs)} ago and its process ended without a word${others}`;
  return warn('unfinished jobs', found, `only whole transactions were written; run chartctl ${command} again to go on`);
}
