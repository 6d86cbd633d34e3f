import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { Failure } from '../../src/core/failure.js';
import { renderGithubActions } from '../../src/schedule/github-actions.js';
import { planForGithub, type ScheduleSettings } from '../../src/schedule/plan-jobs.js';
import { group } from '../harness/group.js';
import { ALL_SETTINGS } from './machine.js';

const SETTINGS: ScheduleSettings = {
  ...ALL_SETTINGS,
  metricsFile: undefined,
  pingUrl: undefined,
  export: { file: 'out/train.csv', when: ALL_SETTINGS.export!.when },
};
const filesOf = (settings = SETTINGS) => renderGithubActions(planForGithub(settings)).files;
const SET_UP = [
  { uses: 'actions/checkout@v4', with: { 'persist-credentials': false } },
  { uses: 'actions/setup-node@v4', with: { 'node-version': 22, cache: 'npm' } },
  { run: 'npm ci' },
];

const SUMMARY = { if: 'always()', run: `sed 's/^/    /' "$RUNNER_TEMP/chartctl.txt" >> "$GITHUB_STEP_SUMMARY"` };

group('github-actions', (test) => {
  test('an export is a workflow, whole', () => {
    const [file] = filesOf();
    assert.is(file!.path, 'chartctl-export.yml');
    assert.equal(parse(file!.text), {
      name: 'chartctl export',
      on: { schedule: [{ cron: '37 0 * * *' }], workflow_dispatch: {} },
      permissions: { contents: 'read' },
      concurrency: { group: 'chartctl-export', 'cancel-in-progress': false },
      jobs: {
        export: {
          'runs-on': 'ubuntu-latest',
          'timeout-minutes': 70,
          steps: [
            ...SET_UP,
            { run: 'mkdir -p out' },
            {
              id: 'chartctl',
              shell: 'bash',
              run: 'npx --no-install chartctl export-training-set --out out/train.csv --require-ready --if-locked skip --quiet BTCUSDT ETHUSDT 2>&1 | tee "$RUNNER_TEMP/chartctl.txt"',
              env: { DATABASE_URL: '${{ secrets.DATABASE_URL }}' },
            },
            SUMMARY,
            {
              uses: 'actions/upload-artifact@v4',
              with: {
                name: 'training-set',
                path: 'out/train.csv\nout/train.csv.datapackage.json\n',
                'if-no-files-found': 'error',
                'retention-days': 30,
              },
            },
          ],
        },
      },
    });
  });

  test('a check leaves what it found to other jobs, and has the secret that signs', () => {
    const workflow = parse(filesOf()[1]!.text) as {
      jobs: { 'check-retrain': { outputs: unknown; steps: { run?: string; env?: unknown }[] } };
    };
    const { outputs, steps } = workflow.jobs['check-retrain'];
    assert.equal(outputs, {
      due: '${{ steps.chartctl.outputs.due }}',
      symbols: '${{ steps.chartctl.outputs.symbols }}',
      reasons: '${{ steps.chartctl.outputs.reasons }}',
      reason: '${{ steps.chartctl.outputs.reason }}',
    });
    assert.equal(steps.at(-1), SUMMARY);
    const { run, env } = steps.at(-2)!;
    assert.match(run!, "chartctl check-retrain --github-output --exec 'python train.py' --webhook https://");
    assert.equal(env, {
      DATABASE_URL: '${{ secrets.DATABASE_URL }}',
      CHARTCTL_WEBHOOK_SECRET: '${{ secrets.CHARTCTL_WEBHOOK_SECRET }}',
    });
  });

  test('a job fails with its command, and what it printed is the summary of its run', () => {
    const steps = (parse(filesOf()[0]!.text) as { jobs: { export: { steps: { id?: string; run?: string }[] } } }).jobs
      .export.steps;
    const at = steps.findIndex(({ id }) => id === 'chartctl');
    const folder = mkdtempSync(join(tmpdir(), 'chartctl-workflow-'));
    try {
      writeFileSync(join(folder, 'npx'), '#!/bin/sh\necho "| 600 | rows |"\necho "not ready" >&2\nexit 3\n', {
        mode: 0o755,
      });
      const env = {
        PATH: `${folder}:${process.env.PATH}`,
        RUNNER_TEMP: folder,
        GITHUB_STEP_SUMMARY: join(folder, 'summary'),
      };
      // as GitHub starts `shell: bash`
      const run = (script: string) =>
        spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { env, encoding: 'utf8' });
      const ended = run(steps[at]!.run!);
      assert.equal([ended.status, ended.stdout], [3, '| 600 | rows |\nnot ready\n']);
      assert.is(run(steps[at + 1]!.run!).status, 0);
      assert.is(readFileSync(join(folder, 'summary'), 'utf8'), '    | 600 | rows |\n    not ready\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('has a comment on why there is no ingest', () => {
    for (const { text } of filesOf()) {
      assert.match(
        text,
        /^# Exports and checks only\..*\n# .*GitHub starts scheduled workflows late.*\n# .*Binance answers 451/m,
      );
    }
  });

  test('without an export or a check there is nothing to do for it', () => {
    assert.throws(
      () => filesOf({ ...SETTINGS, export: undefined, checkRetrain: undefined }),
      (failure: Failure) => failure.kind === 'usage' && /--export FILE or --check-retrain/.test(failure.hint ?? ''),
    );
  });

  test('takes no expression into a command: GitHub would evaluate it', () => {
    const exec = 'train.sh ${{ github.event.head_commit.message }}';
    assert.throws(
      () => filesOf({ ...SETTINGS, checkRetrain: { exec, runsProgram: true } }),
      (failure: Failure) => failure.kind === 'usage',
    );
    for (const { text } of filesOf()) assert.not.match(text, /run: .*\$\{\{/);
  });
});
