import type { Command } from 'commander';
import { dataFolder } from '../cli/data-folder.js';
import { readEnvironment } from '../cli/environment.js';
import { Flags } from '../cli/flags.js';
import type { Io } from '../cli/io.js';
import { readSymbols } from '../cli/symbol-choice.js';
import { parseConfig } from '../core/config.js';
import type { JobResult } from '../jobs/result.js';
import { formatExamples } from './format-examples.js';
import type { JobCommand } from './job-command.js';
import { runJob, type JobCall } from './run-job.js';
import { addSharedOptions, readLocking, readOutput, readPace } from './shared-options.js';
import type { Shell } from './shell.js';

/** Puts a declared command on the program. */
export function addJobCommand<O, S, R extends JobResult<S>>(
  program: Command,
  shell: Shell,
  declared: JobCommand<O, S, R>,
): void {
  const command = program
    .command(declared.name)
    .description(declared.description)
    .argument('[symbols...]', 'symbols such as BTCUSDT; without any: CHARTCTL_SYMBOLS');
  for (const [flag, description] of declared.options) {
    if (flag.endsWith('...')) command.option(flag.replace(/\.\.\.$/, ''), description, collect);
    else command.option(flag, description);
  }
  addSharedOptions(command)
    .addHelpText('after', formatExamples(declared.examples))
    .action(async (names: string[], raw: Record<string, unknown>) => {
      const call = readCall(shell.io, declared, names, raw);
      shell.finish(await runJob(shell.io, declared, call));
    });
}

/** Everything the call says, checked; all its problems are thrown together. */
function readCall<O, S, R extends JobResult<S>>(
  io: Io,
  declared: JobCommand<O, S, R>,
  names: readonly string[],
  raw: Readonly<Record<string, unknown>>,
): JobCall<O> {
  const flags = new Flags(raw, io.cwd);
  const own = declared.parse(flags, io.stdout);
  const environment = readEnvironment(io.env, io.cwd);
  const config = flags.problems.attempt(() => parseConfig(environment, dataFolder(environment)));
  const symbols = readSymbols(flags, names, config?.symbols);
  const options = { ...own, symbols, ...readLocking(flags) };
  const pace = readPace(flags);
  flags.problems.throwIfAny();
  if (!config) throw new Error('a configuration that is refused is a problem');
  return { config, options, pace, output: readOutput(flags), wantsExitCode: flags.isSet('--exit-code') };
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
