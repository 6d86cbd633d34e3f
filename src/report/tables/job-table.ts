import { formatCount, formatInstant, NO_VALUE } from '../format-figures.js';
import { type Markup, markup } from '../markup.js';
import type { JobTally, ReportJob, ReportJobs } from '../report-data.js';
import { describeArguments, describeCounts } from './describe-job.js';
import { linkToPlace, type TablePlace } from './place-link.js';
import { renderNothing, renderTable, type Table } from './table.js';

export const TALLY_TABLE: Table<JobTally> = {
  name: 'tallies',
  columns: [
    { title: 'Command', cell: ({ command }) => command },
    { title: 'Runs', kind: 'number', cell: ({ runs }) => formatCount(runs) },
    { title: 'Not done', kind: 'number', cell: ({ troubled }) => formatCount(troubled) },
    { title: 'Last started (UTC)', cell: ({ lastStartedAt }) => formatInstant(lastStartedAt) },
  ],
};

/** Jobs one after the other that were the same in everything that is shown, newest first. */
type JobRow = { jobs: readonly ReportJob[]; place: TablePlace };

export const JOB_TABLE: Table<JobRow> = {
  name: 'jobs',
  columns: [
    { title: 'Job', cell: ({ jobs, place }) => linkJobs(jobs, place) },
    { title: 'Started (UTC)', cell: ({ jobs }) => formatInstant(jobs[0]!.startedAt) },
    { title: 'Command', cell: ({ jobs }) => jobs[0]!.command },
    { title: 'Asked for', kind: 'text', cell: ({ jobs }) => describeArguments(jobs[0]!) },
    { title: 'Outcome', cell: ({ jobs }) => jobs[0]!.outcome },
    { title: 'Done', kind: 'text', cell: ({ jobs }) => describeCounts(jobs[0]!.counts) },
    { title: 'Seconds', kind: 'number', cell: ({ jobs }) => formatSeconds(jobs[0]!) },
    { title: 'Error', kind: 'text', cell: ({ jobs }) => jobs[0]!.error ?? NO_VALUE },
  ],
};

export function renderJobs({ tallies, latest }: ReportJobs, place: TablePlace): Markup {
  if (tallies.length === 0 && latest.length === 0) return renderNothing('No job over this symbol was recorded.');
  const counted = tallies.length > 0 ? renderTable(TALLY_TABLE, 'Runs by command', tallies) : null;
  if (latest.length === 0) return markup`${counted}`;
  const rows = groupJobs(latest).map((jobs) => ({ jobs, place }));
  return markup`${counted}${renderTable(JOB_TABLE, 'The latest runs, without successful ingests', rows)}`;
}

/** Joins neighbours that failed in the same way, as a schedule's jobs do each minute of an outage. */
function groupJobs(jobs: readonly ReportJob[]): ReportJob[][] {
  const kindOf = ({ command, outcome, error, counts, ...job }: ReportJob) => {
    return JSON.stringify([command, outcome, error, counts, job.arguments]);
  };
  const groups: ReportJob[][] = [];
  for (const job of jobs) {
    const last = groups.at(-1);
    if (last && job.outcome !== 'done' && kindOf(last[0]!) === kindOf(job)) last.push(job);
    else groups.push([job]);
  }
  return groups;
}

/** `14`, or `3 to 14 (12 runs)`; a link to what the jobs changed or were to change. */
function linkJobs(jobs: readonly ReportJob[], place: TablePlace): Markup {
  const [newest, oldest] = [jobs[0]!, jobs.at(-1)!];
  const text = jobs.length === 1 ? String(newest.id) : `${oldest.id} to ${newest.id} (${jobs.length} runs)`;
  return newest.stretch ? linkToPlace(place, newest.stretch, text) : markup`${text}`;
}

function formatSeconds({ startedAt, finishedAt }: ReportJob): string {
  return finishedAt === null ? NO_VALUE : ((finishedAt - startedAt) / 1000).toFixed(1);
}
