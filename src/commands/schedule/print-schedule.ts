import { resolve } from 'node:path';
import { EXIT_CODES, type ExitCode, Failure } from '../../core/failure.js';
import type { Io } from '../../core/io.js';
import { quoteForShell } from '../../core/shell-words.js';
import { renderCrontab } from '../../schedule/crontab.js';
import { renderGithubActions } from '../../schedule/github-actions.js';
import { renderKubernetes } from '../../schedule/kubernetes.js';
import { planForGithub, planJobs } from '../../schedule/plan-jobs.js';
import { type Schedule, toComments } from '../../schedule/scheduled-job.js';
import { renderSystemd } from '../../schedule/systemd.js';
import { writeNewFiles } from '../../schedule/write-new-files.js';
import { formatJson } from '../../terminal/json.js';
import { print } from '../../terminal/output.js';
import { Flags } from '../framework/flags.js';
import { readFlags } from '../framework/read-config.js';
import { readCluster, readCronMachine, readSystemdMachine } from './read-hosts.js';
import { readScheduleSettings, type ScheduleCall } from './read-settings.js';

/** What makes the files of each scheduler. Settings are read last: that throws what is wrong with any flag. */
const TARGETS: Readonly<Record<string, (call: ScheduleCall) => Schedule>> = {
  crontab: (call) => {
    const machine = readCronMachine(call);
    return renderCrontab(planJobs({ ...readScheduleSettings(call, 'here'), isLogged: true }), machine);
  },
  systemd: (call) => {
    const machine = readSystemdMachine(call);
    const isLogged = machine.logFile !== undefined;
    return renderSystemd(planJobs({ ...readScheduleSettings(call, 'here'), isLogged }), machine);
  },
  'github-actions': (call) => renderGithubActions(planForGithub(readScheduleSettings(call, 'elsewhere'))),
  kubernetes: (call) => {
    const cluster = readCluster(call);
    return renderKubernetes(planJobs(readScheduleSettings(call, 'elsewhere')), cluster);
  },
};

const HERE = ['crontab', 'systemd'];
/** Flags that only some schedulers have a use for. */
const ONLY_FOR: Readonly<Record<string, readonly string[]>> = {
  '--env-file': HERE,
  '--log-file': HERE,
  '--user': HERE,
  '--metrics-file': HERE,
  '--image': ['kubernetes'],
  '--namespace': ['kubernetes'],
  '--volume-claim': ['kubernetes'],
};

/** Prints the files that a call asks for, or writes them into the folder of `--out`. */
export async function printSchedule(
  io: Io,
  target: string,
  names: readonly string[],
  raw: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const flags = await readFlags(raw, io);
  const given = new Flags(raw, io.cwd, undefined, flags.problems);
  const render = Object.hasOwn(TARGETS, target) ? TARGETS[target] : undefined;
  if (!render) {
    const hint = `expected ${Object.keys(TARGETS).join(', ')}`;
    throw new Failure('usage', `the scheduler was "${target}"`, { hint });
  }
  const out = flags.text('--out');
  flags.needs('--force', '--out');
  for (const [flag, targets] of Object.entries(ONLY_FOR)) {
    if (flags.isSet(flag) && !targets.includes(target)) flags.problems.add(`${flag} is only for ${targets.join(', ')}`);
  }
  const schedule = render({ given, flags, names, io });
  const written = out === undefined ? [] : writeNewFiles(resolve(io.cwd, out), schedule.files, flags.isSet('--force'));
  const exitCode = EXIT_CODES.done;
  const document = { command: 'schedule', ok: true, exitCode, jobId: null, symbols: [], ...schedule, written };
  if (flags.isSet('--json')) await print(io.stdout, formatJson(document));
  else if (out === undefined) await print(io.stdout, joinFiles(schedule));
  else await print(io.stdout, describeWritten(resolve(io.cwd, out), written, schedule, flags));
  return exitCode;
}

/** One file as it is; several with their names between them. */
function joinFiles({ files, steps }: Schedule): string {
  const [only, ...others] = files;
  if (only && others.length === 0) return only.text;
  const head = [`# ${files.length} files: --out FOLDER writes them. Then, in that folder:`, ...toComments(steps)];
  const parts = files.map(({ path, text }) => `\n# ---- ${path} ----\n${text}`);
  return [...head.map((line) => `${line}\n`), ...parts].join('');
}

function describeWritten(folder: string, paths: readonly string[], { steps }: Schedule, flags: Flags): string {
  const commands = [`cd ${quoteForShell(folder)}`, ...steps];
  const next = flags.isSet('--quiet') ? [] : ['next:', ...commands.map((step) => `  ${step}`)];
  return [...paths, ...next].map((line) => `${line}\n`).join('');
}
