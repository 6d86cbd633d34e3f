import type { Command } from 'commander';
import type { Io } from '../../core/io.js';
import type { JobOptions, JobResult } from '../../jobs/job.js';
import { readScreen } from '../../terminal/screen.js';
import type { JobCommand, Shell } from './command.js';
import { addHelpNotes } from './help.js';
import {
  addOptions,
  JOB_OPTIONS,
  READ_ONLY_OPTIONS,
  readLocking,
  readMonitoringOptions,
  readOutput,
  readPace,
  readSymbols,
} from './options.js';
import { readConfig, readFlags } from './read-config.js';
import { type JobCall, runJob } from './run-job.js';

/** Puts a declared command on the program. */
export function addJobCommand<O, S, R extends JobResult<S>>(
  program: Command,
  shell: Shell,
  declared: JobCommand<O, S, R>,
): void {
  const command = program
    .command(declared.name)
    .description(declared.description)
    .argument(
      '[symbols...]',
      `symbols such as BTCUSDT; without any: ${declared.readOnly ? 'all' : 'those that are configured'}`,
    );
  addOptions(command, [...declared.options, ...(declared.readOnly ? READ_ONLY_OPTIONS : JOB_OPTIONS)]);
  addHelpNotes(command, declared.examples, declared.notes).action(
    async (names: string[], raw: Record<string, unknown>) => {
      const call = await readCall(shell.io, declared, names, raw);
      shell.finish(await runJob(shell.io, declared, call, shell.record));
    },
  );
}

/** Everything the call says, checked; all its problems are thrown together. */
async function readCall<O, S, R extends JobResult<S>>(
  io: Io,
  declared: JobCommand<O, S, R>,
  names: readonly string[],
  raw: Readonly<Record<string, unknown>>,
): Promise<JobCall<O>> {
  const flags = await readFlags(raw, io);
  const own = declared.parse(flags, io.stdout, io.env, flags.isSet('--json') ? undefined : readScreen(io));
  const locking = readLocking(flags);
  const pace = readPace(flags);
  const output = readOutput(flags);
  readMonitoringOptions(flags); // they watch already; what is wrong with their addresses is said with the rest
  let symbols: JobOptions['symbols'] = [];
  const config = readConfig(
    flags,
    io,
    (read) => (symbols = readSymbols(flags, names, declared.readOnly ? 'all' : read?.symbols)),
  );
  const options = { ...own, symbols, ...locking };
  return { config, options, pace, output, wantsExitCode: flags.isSet('--exit-code') };
}
