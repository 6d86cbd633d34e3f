import { VERSION } from '../../core/version.js';
import { renderContainerfile } from '../../schedule/containerfile.js';
import { renderCrontab } from '../../schedule/crontab.js';
import { renderGithubActions } from '../../schedule/github-actions.js';
import { renderKubernetes } from '../../schedule/kubernetes.js';
import { planForGithub, planJobs } from '../../schedule/plan-jobs.js';
import { type Schedule, toComments } from '../../schedule/scheduled-job.js';
import { renderSystemd } from '../../schedule/systemd.js';
import { readConfig } from '../framework/options/read-config.js';
import { readCluster, readCronMachine, readSystemdMachine } from './read-hosts.js';
import { readScheduleSettings, type ScheduleCall } from './read-settings.js';

/**
 * Each scheduler's files for a call.
 *
 * The settings are read last: `readScheduleSettings` throws the problems of all options together.
 */
export const SCHEDULERS: Readonly<Record<string, (call: ScheduleCall) => Schedule>> = {
  crontab: (call) => {
    const machine = readCronMachine(call);
    return renderCrontab(planJobs({ ...readScheduleSettings(call, 'here'), output: 'log file' }), machine);
  },
  systemd: (call) => {
    const machine = readSystemdMachine(call);
    const output = machine.logFile === undefined ? 'journal' : 'log file';
    return renderSystemd(planJobs({ ...readScheduleSettings(call, 'here'), output }), machine);
  },
  'github-actions': (call) => renderGithubActions(planForGithub(readScheduleSettings(call, 'elsewhere'))),
  kubernetes: (call) => {
    if (call.given.isSet('--containerfile')) {
      requireAlone(call);
      return renderContainerfile(VERSION);
    }
    const cluster = readCluster(call);
    return renderKubernetes(planJobs(readScheduleSettings(call, 'elsewhere')), cluster);
  },
};

/** The Containerfile depends on nothing but the version. */
function requireAlone({ given, flags, names, io }: ScheduleCall): void {
  const others = ['--image', '--namespace', '--volume-claim', '--export', '--check-retrain', '--symbols-file', '--all'];
  const found = [...others.filter((flag) => given.isSet(flag)), ...names];
  if (found.length > 0) {
    given.problems.add(`--containerfile was given with ${found.join(', ')}`, 'it prints the Containerfile alone');
  }
  readConfig(flags, io); // throws the problems of the whole call
}

/** One file as it is; several with their names between them. */
export function joinFiles({ files, steps }: Schedule): string {
  const [only, ...others] = files;
  if (only && others.length === 0) return only.text;
  const head = [`# ${files.length} files: --out FOLDER writes them. Then, in that folder:`, ...toComments(steps)];
  const parts = files.map(({ path, text }) => `\n# ---- ${path} ----\n${text}`);
  return [...head.map((line) => `${line}\n`), ...parts].join('');
}
