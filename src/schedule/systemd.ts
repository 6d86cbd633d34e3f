import { accessSteps, environmentSteps, type Machine, userStep } from './machine.js';
import { foldersOf, type Schedule, type ScheduledJob, type ScheduleFile } from './scheduled-job.js';

type SystemdMachine = Machine & { user: string };

/** Restrictions for a service that needs only network connections. V8 does not run with MemoryDenyWriteExecute. */
const HARDENING = [
  'PrivateDevices=yes',
  'ProtectHome=read-only',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectControlGroups=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'CapabilityBoundingSet=',
  'SystemCallArchitectures=native',
];

/** A service and a timer for each job. */
export function renderSystemd(jobs: readonly ScheduledJob[], machine: SystemdMachine): Schedule {
  const steps = installSteps(jobs, machine);
  const files = jobs.flatMap((job) => [renderService(job, machine), renderTimer(job)]);
  return { files, steps };
}

function installSteps(jobs: readonly ScheduledJob[], machine: SystemdMachine): string[] {
  return [
    userStep(machine.user),
    ...environmentSteps(jobs, machine),
    ...accessSteps(jobs, machine),
    'install -m 644 chartctl-*.service chartctl-*.timer /etc/systemd/system/',
    'systemctl daemon-reload && systemctl enable --now /etc/systemd/system/chartctl-*.timer',
    'systemctl list-timers; journalctl -u chartctl-ingest',
  ];
}

function renderService(job: ScheduledJob, machine: SystemdMachine): ScheduleFile {
  const path = `chartctl-${job.name}.service`;
  const limit = job.limitMinutes === undefined ? 'infinity' : `${job.limitMinutes}min`;
  const { node, script, logFile } = machine;
  const lines = [
    '# Made by: chartctl schedule systemd',
    '[Unit]',
    `Description=chartctl ${job.name}: ${job.about}`,
    'Wants=network-online.target',
    'After=network-online.target postgresql.service',
    '',
    '[Service]',
    'Type=oneshot',
    `User=${machine.user}`,
    `EnvironmentFile=${escapeSpecifiers(machine.environmentFile)}`,
    `ExecStart=${toExecStart([node, script, ...job.args])}`,
    '# SIGTERM ends a job between two transactions; the next run continues',
    `TimeoutStartSec=${limit}`,
    '# Exit codes other than 0, such as 3 (incomplete) and 75 (try again later), show in systemctl --failed until the',
    '# next run, which starts as usual',
    ...outputLines(job, logFile),
    ...protection(job, machine),
  ];
  return { path, text: `${lines.join('\n')}\n` };
}

/** Failures and notices go to the log file or the journal; of results only those that say more than the exit code. */
function outputLines({ logsResult }: ScheduledJob, logFile: string | undefined): string[] {
  const log = logFile === undefined ? 'journal' : `append:${escapeSpecifiers(logFile)}`;
  return [`StandardOutput=${logsResult ? log : 'null'}`, `StandardError=${log}`];
}

function protection({ runsProgram, writes }: ScheduledJob, { folder }: SystemdMachine): string[] {
  if (runsProgram) {
    return [
      '# It runs a program of yours, so only few restrictions apply',
      'NoNewPrivileges=yes',
      `WorkingDirectory=${escapeSpecifiers(folder)}`,
    ];
  }
  const folders = foldersOf(writes);
  const usesTmp = folders.some((folder) => /^\/(var\/)?tmp(\/|$)/.test(folder));
  return [
    'NoNewPrivileges=yes',
    ...(usesTmp ? [] : ['PrivateTmp=yes']),
    'ProtectSystem=strict',
    ...(folders.length > 0 ? [`ReadWritePaths=${folders.map(quoteForSystemd).join(' ')}`] : []),
    ...HARDENING,
  ];
}

function renderTimer(job: ScheduledJob): ScheduleFile {
  const lines = [
    '# Made by: chartctl schedule systemd',
    '[Unit]',
    `Description=chartctl ${job.name}: when`,
    '',
    '[Timer]',
    `OnCalendar=${toCalendar(job)}`,
    'AccuracySec=1s',
    '# a run that was missed while the machine was off starts at boot',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ];
  return { path: `chartctl-${job.name}.timer`, text: `${lines.join('\n')}\n` };
}

function toCalendar({ when, delaySeconds }: ScheduledJob): string {
  const minute = when.every === 'minute' ? '*' : twoDigits(when.minute);
  const hour = when.every === 'day' ? twoDigits(when.hour) : '*';
  return `*-*-* ${hour}:${minute}:${twoDigits(delaySeconds)} UTC`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** Characters that systemd gives no meaning to in a word. */
const PLAIN = /^[A-Za-z0-9_+,./:@=-]+$/;

/** Text in a unit file in which specifiers such as `%n` would be filled in: `%` is written `%%`. */
function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A word of a list of words, such as the paths of `ReadWritePaths=`. */
function quoteForSystemd(text: string): string {
  const escaped = escapeSpecifiers(text);
  return PLAIN.test(text) ? escaped : `"${escaped.replace(/["\\]/g, '\\$&')}"`;
}

/** `ExecStart=`: a program and its arguments. In arguments `$` begins a variable, and `$$` is a dollar. */
function toExecStart([program = '', ...args]: readonly string[]): string {
  return [quoteForSystemd(program), ...args.map((arg) => quoteForSystemd(arg.replaceAll('$', '$$$$')))].join(' ');
}
