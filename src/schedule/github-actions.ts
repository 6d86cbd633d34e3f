import { Failure } from '../core/failure.js';
import { toShellCommand } from '../core/shell-words.js';
import {
  foldersOf,
  type Schedule,
  type ScheduledJob,
  type ScheduleFile,
  toComments,
  toCronTimes,
} from './scheduled-job.js';
import { writeYaml, type YamlMap, type YamlValue } from './write-yaml.js';

/** Above what a job may take by itself: checking out and installing. */
const SET_UP_MINUTES = 10;
/** GitHub's own limit for a job. */
const MAX_JOB_MINUTES = 360;

const NO_INGEST_COMMENT = [
  '# Exports and checks only. The jobs that keep the table right (ingest, backfill, clean) do not belong here:',
  '# GitHub starts scheduled workflows late, at most every 5 minutes, and leaves some out when it is busy; and Binance',
  '# answers 451 to the places where its runners stand. Run those on a machine of yours: chartctl schedule crontab.',
];

/**
 * A workflow for each export and check.
 *
 * @throws Failure (usage) when there is none, or when GitHub would take a word of a command for an expression
 */
export function renderGithubActions(jobs: readonly ScheduledJob[]): Schedule {
  if (jobs.length === 0) {
    throw new Failure('usage', 'GitHub Actions is for exports and checks only', {
      hint: 'give --export FILE or --check-retrain; ingest, backfill and clean belong on a machine of yours',
    });
  }
  const expression = jobs.flatMap(({ args }) => args).find((arg) => arg.includes('${{'));
  if (expression !== undefined) {
    throw new Failure('usage', `"${expression}" holds \${{, which GitHub would evaluate`, {
      hint: 'put the command into a script of the repository and name that',
    });
  }
  const steps = [
    '# It belongs into .github/workflows/ of a repository whose package.json and package-lock.json name chartctl.',
    ...[...new Set(jobs.flatMap((job) => job.secrets))].map((name) => `gh secret set ${name}`),
    "# The database must be one that GitHub's runners can reach.",
  ];
  return { files: jobs.map((job) => renderWorkflow(job, steps)), steps };
}

function renderWorkflow(job: ScheduledJob, steps: readonly string[]): ScheduleFile {
  const comment = ['# Made by: chartctl schedule github-actions', ...toComments(steps), ...NO_INGEST_COMMENT];
  const text = `${comment.join('\n')}\n${writeYaml(toWorkflow(job))}`;
  return { path: `chartctl-${job.name}.yml`, text };
}

function toWorkflow(job: ScheduledJob): YamlMap {
  const limit = job.limitMinutes === undefined ? MAX_JOB_MINUTES : job.limitMinutes + SET_UP_MINUTES;
  return {
    name: `chartctl ${job.name}`,
    on: { schedule: [{ cron: toCronTimes(job.when) }], workflow_dispatch: {} },
    permissions: { contents: 'read' },
    concurrency: { group: `chartctl-${job.name}`, 'cancel-in-progress': false },
    jobs: {
      [job.name]: {
        'runs-on': 'ubuntu-latest',
        'timeout-minutes': limit,
        outputs: job.args.includes('--github-output') ? outputsOfStep() : undefined,
        steps: toSteps(job),
      },
    },
  };
}

/** What a check found, for other jobs of the workflow that need this one. */
function outputsOfStep(): YamlMap {
  return Object.fromEntries(
    ['due', 'symbols', 'reasons', 'reason'].map((name) => [name, `\${{ steps.chartctl.outputs.${name} }}`]),
  );
}

function toSteps(job: ScheduledJob): YamlValue[] {
  const upload = {
    uses: 'actions/upload-artifact@v4',
    with: {
      name: 'training-set',
      path: job.writes.flatMap((file) => [file, `${file}.datapackage.json`]).join('\n'),
      'if-no-files-found': 'error',
      'retention-days': 30,
    },
  };
  return [
    { uses: 'actions/checkout@v4', with: { 'persist-credentials': false } },
    { uses: 'actions/setup-node@v4', with: { 'node-version': 22, cache: 'npm' } },
    { run: 'npm ci' },
    ...foldersOf(job.writes).map((folder) => ({ run: toShellCommand(['mkdir', '-p', folder]) })),
    {
      id: 'chartctl',
      run: toShellCommand(['npx', '--no-install', 'chartctl', ...job.args]),
      env: Object.fromEntries(job.secrets.map((name) => [name, `\${{ secrets.${name} }}`])),
    },
    ...(job.writes.length > 0 ? [upload] : []),
  ];
}
