import { HOUR_MS, MINUTE_MS } from '../../core/minute.js';
import { findLastJobs, findLostJobs, type LastJob, type LostJob } from '../../store/last-jobs.js';
import type { Db } from '../../store/handles.js';
import { formatSince } from './format-since.js';
import { ok, warn, type Finding } from './finding.js';

/** How long ago a scheduled command may have begun last. */
const LATE_AFTER_MS: Readonly<Record<string, number>> = {
  ingest: 3 * MINUTE_MS,
  backfill: 2 * HOUR_MS,
  clean: 48 * HOUR_MS,
};

const SCHEDULE = 'chartctl schedule crontab';

/** Whether the jobs that keep the data right were seen to run. */
export async function examineSchedule(db: Db): Promise<Finding[]> {
  const commands = Object.keys(LATE_AFTER_MS);
  const last = await findLastJobs(db, commands);
  const findings = commands.map((command) =>
    judgeCommand(
      command,
      last.find((job) => job.command === command),
    ),
  );
  const lost = await findLostJobs(db);
  return lost.length > 0 ? [...findings, judgeLost(lost)] : findings;
}

function judgeCommand(command: string, job: LastJob | undefined): Finding {
  const check = `last ${command}`;
  if (!job) return warn(check, 'it was not seen to run', SCHEDULE);
  const when = `${formatSince(job.ageMs)} ago, job ${job.id}`;
  if (job.ageMs > LATE_AFTER_MS[command]!) {
    return warn(check, `${when}: later than a schedule would have it`, `check the schedule, or make one: ${SCHEDULE}`);
  }
  if (job.outcome === 'done' || job.outcome === 'running') return ok(check, `${when}, ${job.outcome}`);
  const why = job.error ? `: ${job.error}` : '';
  return warn(check, `${when}, ended as ${job.outcome}${why}`, `chartctl jobs --command ${command}`);
}

function judgeLost(jobs: readonly LostJob[]): Finding {
  const { id, command, ageMs } = jobs.at(-1)!;
  const others = jobs.length > 1 ? `, and ${jobs.length - 1} before it` : '';
  const found = `job ${id}, ${command}, began ${formatSince(ageMs)} ago and its process ended without a word${others}`;
  return warn('unfinished jobs', found, `only whole transactions were written; run chartctl ${command} again to go on`);
}
