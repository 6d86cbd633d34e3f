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

/** Time for checkout and installation, added to a job's limit. */
const SET_UP_MINUTES = 10;
/** GitHub's limit for a job. */
const MAX_JOB_MINUTES = 360;

/** What a job printed, for the summary of its run, in which indented lines are shown as they are. */
const RESULT_FILE = '"$RUNNER_TEMP/chartctl.txt"';

const NO_INGEST_COMMENT = [
  '# Exports and checks only. Run the jobs that maintain the table (ingest, backfill, clean) on a machine of yours, with',
  '# chartctl schedule crontab: GitHub starts scheduled workflows late, at most every 5 minutes, and skips some under',
  '# load, and Binance answers 451 to the locations of its runners.',
];

/**
 * A workflow for each export and check.
 *
 * @throws Failure (usage) when there is none, or when an argument holds a GitHub expression
 */
export function renderGithubActions(jobs: readonly ScheduledJob[]): Schedule {
  if (jobs.length === 0) {
    throw new Failure('usage', 'GitHub Actions runs exports and checks only', {
      hint: 'give --export FILE or --check-retrain; run ingest, backfill and clean on a machine of yours',
    });
  }
  const expression = jobs.flatMap(({ args }) => args).find((arg) => arg.includes('${{'));
  if (expression !== undefined) {
    throw new Failure('usage', `"${expression}" holds \${{, which GitHub would evaluate`, {
      hint: 'put the command into a script of the repository and name that',
    });
  }
  const steps = [
    '# Put it into .github/workflows/ of a repository with chartctl in its package.json and package-lock.json.',
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

/** The result of a check, for other jobs of the workflow. */
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
      path: job.writes.map((file) => `${file}\n${file}.datapackage.json\n`).join(''),
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
      shell: 'bash', // with pipefail: the exit code of chartctl counts
      run: `${toShellCommand(['npx', '--no-install', 'chartctl', ...job.args])} 2>&1 | tee ${RESULT_FILE}`,
      env: Object.fromEntries(job.secrets.map((name) => [name, `\${{ secrets.${name} }}`])),
    },
    { if: 'always()', run: `sed 's/^/    /' ${RESULT_FILE} >> "$GITHUB_STEP_SUMMARY"` },
    ...(job.writes.length > 0 ? [upload] : []),
  ];
}
