import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import type { Cluster } from '../../schedule/kubernetes.js';
import type { Machine } from '../../schedule/machine.js';
import type { Flags } from '../framework/options/flags.js';
import type { ScheduleCall } from './read-settings.js';

const ENVIRONMENT_FILE = 'chartctl.env';
const LOG_FILE = 'chartctl.log';
const SERVICE_USER = 'chartctl';

/** Variables that chartctl or libpq read. */
const READ_VARIABLE = /^(DATABASE_URL|CHARTCTL_\w+|PG[A-Z]+)$/;
const USER_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** A name of Kubernetes: a DNS label. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const IMAGE = /^[a-z0-9][A-Za-z0-9._:/@-]*$/;

/** The machine whose cron runs the jobs: as a user of /etc/cron.d (`--user`), or from the crontab of this user. */
export function readCronMachine({ given, io }: ScheduleCall): Machine & { logFile: string } {
  const home = given.isSet('--user') ? undefined : io.env.HOME || io.cwd;
  const machine = readMachine(given, io, home);
  return { ...machine, logFile: machine.logFile ?? join(home ?? '/var/log', LOG_FILE) };
}

/** The machine whose systemd runs the jobs. */
export function readSystemdMachine({ given, io }: ScheduleCall): Machine & { user: string } {
  const machine = readMachine(given, io);
  return { ...machine, user: machine.user ?? SERVICE_USER };
}

/** @param home the folder of this user's files; undefined for a service of the machine */
function readMachine(flags: Flags, io: Io, home?: string): Machine {
  if (io.program.script.includes('/_npx/')) {
    flags.problems.add(`chartctl runs from npx's cache, ${io.program.script}`, 'install it: that cache may be emptied');
  }
  const dotEnv = join(io.cwd, '.env');
  const environmentFile =
    readPath(flags, '--env-file') ?? (existsSync(dotEnv) ? dotEnv : join(home ?? '/etc', ENVIRONMENT_FILE));
  return {
    ...io.program,
    folder: io.cwd,
    environmentFile,
    logFile: readPath(flags, '--log-file'),
    user: readName(flags, '--user', USER_NAME, 'the name of a user'),
    variables: Object.keys(io.env).filter((name) => READ_VARIABLE.test(name) && io.env[name]),
  };
}

/** The cluster whose CronJobs run the jobs. */
export function readCluster({ given: flags, flags: configured }: ScheduleCall): Cluster {
  if (!flags.isSet('--image')) {
    flags.problems.add(
      '--image was not given',
      'name a container image that has chartctl; chartctl schedule kubernetes --containerfile prints how to make it',
    );
  }
  return {
    image: readName(flags, '--image', IMAGE, 'a name such as registry.example.com/chartctl:0.2.0') ?? '',
    namespace: readName(flags, '--namespace', LABEL, 'lower-case letters, digits and dashes'),
    configuration: configured.configuration?.file,
    volumeClaim: readName(flags, '--volume-claim', LABEL, 'lower-case letters, digits and dashes'),
  };
}

function readPath(flags: Flags, flag: string): string | undefined {
  const path = flags.text(flag);
  return path === undefined ? undefined : resolve(flags.cwd, path);
}

function readName(flags: Flags, flag: string, pattern: RegExp, expected: string): string | undefined {
  return flags.parse(flag, (text) => {
    if (pattern.test(text)) return text;
    throw new Failure('usage', `${flag} was "${text}"`, { hint: `expected ${expected}` });
  });
}
