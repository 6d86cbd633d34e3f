import { Failure } from '../core/failure.js';
import { quoteForShell, toShellCommand } from '../core/shell-words.js';
import { accessSteps, environmentSteps, type Machine, userStep } from './machine.js';
import { type Schedule, type ScheduledJob, toComments, toCronTimes } from './scheduled-job.js';

/** Debian's cron 3.0 ignores a whole file in which a command is longer (tested with 998 and 999 bytes). */
export const MAX_COMMAND_BYTES = 998;

const FILE = 'chartctl';

type CrontabMachine = Machine & { logFile: string };

/**
 * A crontab for /etc/cron.d if the machine names a user, else for the user's own crontab.
 *
 * @throws Failure (usage) when a line would be longer than cron accepts
 */
export function renderCrontab(jobs: readonly ScheduledJob[], machine: CrontabMachine): Schedule {
  const steps = [
    ...(machine.user === undefined ? [] : [userStep(machine.user)]),
    ...environmentSteps(jobs, machine, machine.user),
    ...accessSteps(jobs, machine),
    ...installSteps(machine),
  ];
  const text = [
    `# chartctl's jobs, made by: chartctl schedule crontab`,
    ...toComments(steps),
    '# A job begins some seconds after the minute: when Binance has published its candle, an export when ingest has stored it.',
    `# The jobs' output is appended to ${machine.logFile}. When a job fails, cron mails one line; MAILTO="" turns it off.`,
    '',
    '#MAILTO=you@example.com',
    'SHELL=/bin/sh',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    "# Debian's cron does not support CRON_TZ: the daily times are then in the machine's time zone.",
    'CRON_TZ=UTC',
    ...jobs.flatMap((job) => ['', `# ${job.name}: ${job.about}`, renderLine(job, machine)]),
  ];
  return { files: [{ path: FILE, text: `${text.join('\n')}\n` }], steps };
}

function installSteps({ user, logFile }: CrontabMachine): string[] {
  if (user === undefined)
    return [`(crontab -l; cat ${FILE}) | crontab -    # only once: it adds this file to your crontab`];
  const log = quoteForShell(logFile);
  return [
    `[ -e ${log} ] || install -m 640 -o ${quoteForShell(user)} /dev/null ${log}`,
    `install -m 644 ${FILE} /etc/cron.d/chartctl`,
  ];
}

function renderLine(job: ScheduledJob, machine: CrontabMachine): string {
  const { node, script, folder, environmentFile, user, logFile } = machine;
  // Node reads the file: a shell that sources it would execute its content, and continue if it is missing
  const command = toShellCommand([node, `--env-file=${environmentFile}`, script, ...job.args]);
  const enter = job.runsProgram ? `cd ${quoteForShell(folder)} && ` : '';
  const log = quoteForShell(logFile);
  const onFailure = `echo "chartctl ${job.name} ended with $?, see" ${log}`;
  const output = job.logsResult ? `>> ${log} 2>&1` : `> /dev/null 2>> ${log}`;
  const line = escapeForCron(`sleep ${job.delaySeconds}; ${enter}${command} ${output} || ${onFailure}`);
  const length = new TextEncoder().encode(line).length;
  if (length > MAX_COMMAND_BYTES) throw commandTooLong(job, length);
  return [toCronTimes(job.when), ...(user === undefined ? [] : [user]), line].join(' ');
}

/**
 * Escapes a shell command so that cron passes it on unchanged.
 *
 * Cron ends a command at a bare `%` and turns `\%` into `%`; Debian's also turns `\\` into `\`, others do not. So a
 * backslash of the command must not stand before another one or before a `%`. Where it does, inside the single quotes of
 * `quoteForShell`, closing and reopening the quotes separates the two.
 */
function escapeForCron(command: string): string {
  return command.replace(/\\(?=[\\%])/g, "\\''").replaceAll('%', '\\%');
}

function commandTooLong({ name }: ScheduledJob, length: number): Failure {
  return new Failure('usage', `the cron command of ${name} has ${length} bytes`, {
    hint: `expected at most ${MAX_COMMAND_BYTES}: list the symbols in a file and give --symbols-file FILE, or give --all`,
  });
}
