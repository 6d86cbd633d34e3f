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
              run: 'npx --no-install chartctl export-training-set --out out/train.csv --if-locked skip --quiet BTCUSDT ETHUSDT',
              env: { DATABASE_URL: '${{ secrets.DATABASE_URL }}' },
            },
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
    const { run, env } = steps.at(-1)!;
    assert.match(run!, "chartctl check-retrain --github-output --exec 'python train.py' --webhook https://");
    assert.equal(env, {
      DATABASE_URL: '${{ secrets.DATABASE_URL }}',
      CHARTCTL_WEBHOOK_SECRET: '${{ secrets.CHARTCTL_WEBHOOK_SECRET }}',
    });
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
