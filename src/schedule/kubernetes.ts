import { Failure } from '../core/failure.js';
import { DATABASE_URL, foldersOf, type Schedule, type ScheduledJob, toComments, toCronTimes } from './scheduled-job.js';
import { writeYaml, type YamlMap } from './write-yaml.js';

export interface Cluster {
  /** A container image that has `chartctl` on its PATH. */
  image: string;
  namespace?: string | undefined;
  /** The PersistentVolumeClaim that exports are written to. */
  volumeClaim?: string | undefined;
  /** The configuration file in effect where the schedule is made; the containers do not have it. */
  configuration?: string | undefined;
}

/** The user `node` of the official Node images. */
const USER_ID = 1000;
/** A file in a folder that a volume can be mounted at: not the root, and not /tmp, which has its own volume. */
const MOUNTABLE = /^(?!\/tmp\/[^/]*$)(\/(?!\.{1,2}\/)[^/:]+)+\/[^/:]+$/;

/**
 * A Job that migrates the database, and one CronJob for each job, in one file.
 *
 * @throws Failure (usage) when a job writes a file without a volume claim, or into a folder at which it cannot be mounted:
 *   the container's own file system is read-only
 */
export function renderKubernetes(jobs: readonly ScheduledJob[], cluster: Cluster): Schedule {
  if (cluster.volumeClaim === undefined && jobs.some(({ writes }) => writes.length > 0)) {
    throw new Failure('usage', '--export needs --volume-claim on Kubernetes', {
      hint: 'name the PersistentVolumeClaim for the file; it is mounted at the folder of the file',
    });
  }
  const unmountable = jobs.flatMap(({ writes }) => writes).find((file) => !MOUNTABLE.test(file));
  if (unmountable !== undefined) {
    throw new Failure('usage', `--export was "${unmountable}"`, {
      hint: 'expected an absolute path in a folder, at which the volume is mounted: /data/train.csv',
    });
  }
  const inNamespace = cluster.namespace === undefined ? '' : ` -n ${cluster.namespace}`;
  const secrets = [...new Set(jobs.flatMap((job) => job.secrets))];
  const steps = [
    `# secrets.env holds lines NAME=value, without quotes: ${secrets.join(', ')}`,
    `kubectl${inNamespace} create secret generic chartctl --from-env-file=secrets.env`,
    ...(cluster.configuration === undefined
      ? []
      : [`# Not included: the settings of ${cluster.configuration}, other than symbols.`]),
    `# other settings: kubectl${inNamespace} create configmap chartctl --from-literal=CHARTCTL_FALLBACK=bybit,okx`,
    `kubectl${inNamespace} apply -f chartctl.yaml`,
  ];
  const comment = [
    "# chartctl's jobs, made by: chartctl schedule kubernetes",
    ...toComments(steps),
    '# chartctl-migrate creates the tables once, and is removed after an hour: apply the file again after an upgrade. Where',
    '# the role of DATABASE_URL must not create tables, leave that Job out and run chartctl migrate as their owner.',
    '# A job begins when its pod has started, a few seconds after the minute.',
    '# With an exit code other than 0, such as 3 (incomplete) and 75 (try again later), a Job fails; the next one continues.',
  ].join('\n');
  const objects = [toMigration(cluster), ...jobs.map((job) => toCronJob(job, cluster))];
  const documents = objects.map((object) => `---\n${writeYaml(object)}`);
  return { files: [{ path: 'chartctl.yaml', text: `${comment}\n${documents.join('')}` }], steps };
}

function toMigration(cluster: Cluster): YamlMap {
  const labels = labelsOf('migrate');
  const job = { args: ['migrate'], secrets: [DATABASE_URL], writes: [] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'chartctl-migrate', namespace: cluster.namespace, labels },
    spec: {
      backoffLimit: 3,
      ttlSecondsAfterFinished: 3600,
      template: { metadata: { labels }, spec: toPod(job, cluster) },
    },
  };
}

function labelsOf(component: string): YamlMap {
  return { 'app.kubernetes.io/name': 'chartctl', 'app.kubernetes.io/component': component };
}

function toCronJob(job: ScheduledJob, cluster: Cluster): YamlMap {
  const name = `chartctl-${job.name}`;
  const labels = labelsOf(job.name);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: cluster.namespace, labels },
    spec: {
      schedule: toCronTimes(job.when),
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      // the next run catches up on a missed minute
      startingDeadlineSeconds: job.when.every === 'minute' ? 50 : 3600,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: job.limitMinutes === undefined ? undefined : job.limitMinutes * 60,
          template: { metadata: { labels }, spec: toPod(job, cluster) },
        },
      },
    },
  };
}

function toPod(job: Pick<ScheduledJob, 'args' | 'secrets' | 'writes'>, cluster: Cluster): YamlMap {
  const claim = job.writes.length > 0 ? cluster.volumeClaim : undefined;
  const mounts = foldersOf(job.writes);
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER_ID,
      runAsGroup: USER_ID,
      fsGroup: USER_ID,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'chartctl',
        image: cluster.image,
        command: ['chartctl'],
        args: job.args.map(escapeReferences),
        env: job.secrets.map(fromSecret),
        envFrom: [{ configMapRef: { name: 'chartctl', optional: true } }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          ...(claim === undefined ? [] : mounts.map((mountPath) => ({ name: 'files', mountPath }))),
        ],
      },
    ],
    volumes: [
      { name: 'tmp', emptyDir: {} },
      ...(claim === undefined ? [] : [{ name: 'files', persistentVolumeClaim: { claimName: claim } }]),
    ],
  };
}

/** Kubernetes expands `$(NAME)` in arguments, secrets included, and reads `$$` as a dollar. */
function escapeReferences(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function fromSecret(name: string): YamlMap {
  return { name, valueFrom: { secretKeyRef: { name: 'chartctl', key: name } } };
}
