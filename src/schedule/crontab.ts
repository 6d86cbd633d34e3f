import { Failure } from '../core/failure.js';
import { quoteForShell, toShellCommand } from '../core/shell-words.js';
import { accessSteps, environmentSteps, type Machine, userStep } from './machine.js';
import { type Schedule, type ScheduledJob, toComments, toCronTimes } from './scheduled-job.js';

/** In bytes: Debian's cron 3.0 ignores a whole file in which a command is longer (tried with 998 and 999). */
export const MAX_COMMAND_BYTES = 998;

/** So long after the minute's end a job begins. */
const DELAY_SECONDS = 3;

const FILE = 'chartctl';

type CrontabMachine = Machine & { logFile: string };

/**
 * A crontab: for /etc/cron.d where the machine names a user, else for the person's own.
 *
 * @throws Failure (usage) when a line would be longer than cron takes
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
    `# A job begins ${DELAY_SECONDS} s after the minute: by then Binance has its candle.`,
    `# What the jobs say is appended to ${machine.logFile}. When one fails cron mails a line; none with MAILTO="".`,
    '',
    '#MAILTO=you@example.com',
    'SHELL=/bin/sh',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    "# Debian's cron does not know CRON_TZ: there the daily times are in the time zone of the machine.",
    'CRON_TZ=UTC',
    ...jobs.flatMap((job) => ['', `# ${job.name}: ${job.about}`, renderLine(job, machine)]),
  ];
  return { files: [{ path: FILE, text: `${text.join('\n')}\n` }], steps };
}

function installSteps({ user, logFile }: CrontabMachine): string[] {
  if (user === undefined)
    return [`(crontab -l; cat ${FILE}) | crontab -    # once: it adds this file to your own jobs`];
  const log = quoteForShell(logFile);
  return [
    `[ -e ${log} ] || install -m 640 -o ${quoteForShell(user)} /dev/null ${log}`,
    `install -m 644 ${FILE} /etc/cron.d/chartctl`,
  ];
}

function renderLine(job: ScheduledJob, machine: CrontabMachine): string {
  const { node, script, folder, environmentFile, user, logFile } = machine;
  // Node reads the file itself: a shell that sources it would run what stands in it, and go on without it
  const command = toShellCommand([node, `--env-file=${environmentFile}`, script, ...job.args]);
  const enter = job.runsProgram ? `cd ${quoteForShell(folder)} && ` : '';
  const log = quoteForShell(logFile);
  const onFailure = `echo "chartctl ${job.name} ended with $?, see" ${log}`;
  const output = job.logsResult ? `>> ${log} 2>&1` : `> /dev/null 2>> ${log}`;
  const line = escapeForCron(`sleep ${DELAY_SECONDS}; ${enter}${command} ${output} || ${onFailure}`);
  const length = new TextEncoder().encode(line).length;
  if (length > MAX_COMMAND_BYTES) throw commandTooLong(job, length);
  return [toCronTimes(job.when), ...(user === undefined ? [] : [user]), line].join(' ');
}

/**
 * A shell command so that cron passes it on unchanged.
 *
 * Cron ends a command at a bare `%` and turns `\%` into `%`; Debian's also turns `\\` into `\`, others do not. So no
 * backslash of the command may stand before another one or before a `%`: where it does, within the single quotes of
 * `quoteForShell`, closing and opening these parts the two.
 */
function escapeForCron(command: string): string {
  return command.replace(/\\(?=[\\%])/g, "\\''").replaceAll('%', '\\%');
}

function commandTooLong({ name }: ScheduledJob, length: number): Failure {
  return new Failure('usage', `cron's command for ${name} would have ${length} bytes`, {
    hint: `cron takes ${MAX_COMMAND_BYTES}: list the symbols in a file and give --symbols-file FILE, or give --all`,
  });
}
