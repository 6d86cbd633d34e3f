import * as assert from 'uvu/assert';
import { parse, parseAllDocuments } from 'yaml';
import type { Failure } from '../../src/core/failure.js';
import { renderKubernetes, type Cluster } from '../../src/schedule/kubernetes.js';
import { planJobs } from '../../src/schedule/plan-jobs.js';
import { group } from '../harness/group.js';
import { ALL_SETTINGS } from './machine.js';

const CLUSTER: Cluster = {
  image: 'registry.example.com/chartctl:0.2.0',
  namespace: 'platform',
  volumeClaim: 'training',
};
const JOBS = planJobs({ ...ALL_SETTINGS, metricsFile: undefined });
const textOf = (jobs = JOBS, cluster = CLUSTER) => renderKubernetes(jobs, cluster).files[0]!.text;

/** The objects of the file. */
function objects(jobs = JOBS, cluster = CLUSTER): unknown[] {
  const documents = parseAllDocuments(textOf(jobs, cluster));
  return documents.map((document) => {
    assert.equal(document.errors, []);
    return document.toJS() as unknown;
  });
}

const fromSecret = (name: string) => ({ name, valueFrom: { secretKeyRef: { name: 'chartctl', key: name } } });

group('kubernetes', (test) => {
  test('a job is a CronJob, whole', () => {
    const labels = { 'app.kubernetes.io/name': 'chartctl', 'app.kubernetes.io/component': 'export' };
    assert.equal(objects()[5], {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'chartctl-export', namespace: 'platform', labels },
      spec: {
        schedule: '37 0 * * *',
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: 3600,
            template: {
              metadata: { labels },
              spec: {
                restartPolicy: 'Never',
                automountServiceAccountToken: false,
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: 1000,
                  runAsGroup: 1000,
                  fsGroup: 1000,
                  seccompProfile: { type: 'RuntimeDefault' },
                },
                containers: [
                  {
                    name: 'chartctl',
                    image: 'registry.example.com/chartctl:0.2.0',
                    command: ['chartctl'],
                    args: [
                      ...['export-training-set', '--out', '/data/train.csv', '--require-ready'],
                      ...['--if-locked', 'skip', '--quiet'],
                      ...['--ping-url', 'https://hc.example.com/key/export', 'BTCUSDT', 'ETHUSDT'],
                    ],
                    env: [fromSecret('DATABASE_URL')],
                    envFrom: [{ configMapRef: { name: 'chartctl', optional: true } }],
                    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
                    securityContext: {
                      allowPrivilegeEscalation: false,
                      readOnlyRootFilesystem: true,
                      capabilities: { drop: ['ALL'] },
                    },
                    volumeMounts: [
                      { name: 'tmp', mountPath: '/tmp' },
                      { name: 'files', mountPath: '/data' },
                    ],
                  },
                ],
                volumes: [
                  { name: 'tmp', emptyDir: {} },
                  { name: 'files', persistentVolumeClaim: { claimName: 'training' } },
                ],
              },
            },
          },
        },
      },
    });
  });

  test('a Job migrates the database first, by the same rules, and is removed so that it can be applied again', () => {
    const [migration, ingest] = objects() as {
      kind: string;
      metadata: { name: string };
      spec: { backoffLimit: number; ttlSecondsAfterFinished: number; template: { spec: Record<string, unknown> } };
    }[];
    assert.equal([migration!.kind, migration!.metadata.name], ['Job', 'chartctl-migrate']);
    const { backoffLimit, ttlSecondsAfterFinished, template } = migration!.spec;
    assert.equal([backoffLimit, ttlSecondsAfterFinished], [3, 3600]);
    const pod = (ingest as unknown as { spec: { jobTemplate: { spec: { template: typeof template } } } }).spec
      .jobTemplate.spec.template;
    const [container] = template.spec.containers as { args: string[] }[];
    assert.equal(container!.args, ['migrate']);
    const withoutContainers = ({ containers, ...rest }: Record<string, unknown>) => [rest, typeof containers];
    assert.equal(withoutContainers(template.spec), withoutContainers(pod.spec));
  });

  test('every job runs at its time, in UTC, and never beside itself', () => {
    const specs = objects()
      .slice(1)
      .map((object) => (object as { spec: Record<string, unknown> }).spec);
    assert.equal(
      specs.map(({ schedule }) => schedule),
      ['* * * * *', '7 * * * *', '17 0 * * *', '27 12 * * *', '37 0 * * *', '47 * * * *'],
    );
    for (const spec of specs) assert.equal([spec.timeZone, spec.concurrencyPolicy], ['Etc/UTC', 'Forbid']);
    assert.is(specs[0]!.startingDeadlineSeconds, 50, 'a later run catches up');
  });

  test('secrets come from a Secret, and only what needs one has it', () => {
    const text = textOf();
    assert.is(text.match(/key: CHARTCTL_WEBHOOK_SECRET/g)?.length, 1);
    assert.is(text.match(/key: DATABASE_URL/g)?.length, 7);
    assert.match(text, 'kubectl -n platform create secret generic chartctl');
  });

  test('only an export has the volume, and wants one', () => {
    assert.is(textOf().match(/claimName/g)?.length, 1);
    assert.throws(
      () => textOf(JOBS, { image: 'chartctl' }),
      (failure: Failure) => failure.kind === 'usage' && /--volume-claim/.test(failure.message),
    );
    const alone = textOf(planJobs({ symbols: 'all' }), { image: 'chartctl' });
    assert.not.match(alone, /claimName|namespace:/);
  });

  test('an export wants a folder of its own to mount the volume at', () => {
    const wrong = ['train.csv', 'sets/x.csv', '/train.csv', '/../x.csv', '/a/../x.csv', '/tmp/x.csv', '/a:b/x.csv'];
    for (const file of wrong)
      assert.throws(
        () => textOf([{ ...JOBS[4]!, writes: [file] }]),
        (failure: Failure) => failure.kind === 'usage' && failure.message === `--export was "${file}"`,
        file,
      );
    for (const file of ['/data/train.csv', '/tmp/a/x.csv', '/a/.b/..c.csv'])
      assert.match(textOf([{ ...JOBS[4]!, writes: [file] }]), 'mountPath');
  });

  test('Kubernetes fills nothing into an argument', () => {
    const args = ['$(DATABASE_URL)', '$$(X)', 'a$', '$'];
    const [, object] = objects([{ ...JOBS[0]!, args }]);
    const written = argsOf(object);
    assert.is(written[0], '$$(DATABASE_URL)');
    assert.equal(written.map(fillReferences), args);
  });

  test('words that YAML would misread stay words', () => {
    const jobs = [{ ...JOBS[0]!, args: ['yes', '1.5', '*', '- x: y', '#', '"', "'"] }];
    const text = textOf(jobs).split('---\n')[2]!;
    assert.equal(argsOf(parse(text)), jobs[0]!.args);
  });
});

function argsOf(object: unknown): string[] {
  const { spec } = object as {
    spec: { jobTemplate: { spec: { template: { spec: { containers: { args: string[] }[] } } } } };
  };
  return spec.jobTemplate.spec.template.spec.containers[0]!.args;
}

/** What Kubernetes makes of an argument: `$$` is a dollar, and `$(NAME)` what the variable holds. */
function fillReferences(text: string): string {
  return text.replace(/\$(\$|\([^)]*\))/g, (_, what: string) => (what === '$' ? '$' : 'a secret'));
}
