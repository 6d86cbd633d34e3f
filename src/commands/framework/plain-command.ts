import type { Command } from 'commander';
import { EXIT_CODES, type ExitCode, type Failure } from '../../core/failure.js';
import type { StoreContext } from '../../jobs/job.js';
import { formatJson } from '../../terminal/json.js';
import { print } from '../../terminal/output.js';
import { printFailure } from '../../terminal/print-failure.js';
import { createPaint } from '../../terminal/screen.js';
import { escapeControls } from '../../terminal/text.js';
import type { Example, OptionText, Shell } from './command.js';
import type { Flags } from './flags.js';
import { addHelpNotes } from './help.js';
import { isOk } from './job-report.js';
import { addOptions, OUTPUT_OPTIONS, readOutput } from './options.js';
import { readConfig, readFlags } from './read-config.js';

/** How a command that is not about symbols ended. */
export interface PlainResult {
  jobId: number | null;
  /** The result for people. */
  lines: string[];
  /** Members of the JSON document. */
  fields: object;
  /** What failed of it: told on stderr, with what to do. */
  failures?: readonly { symbol: string; failure: Failure }[];
  /** When it was not simply done. */
  exitCode?: ExitCode;
  /** What `--exit-code` makes of it. */
  asked?: ExitCode;
}

/** What a subcommand that works on the database as a whole declares. It takes one argument at the most. */
export interface PlainCommand<Own> {
  name: string;
  description: string;
  /** `<job>` or `[symbol]`, and what it means. */
  argument?: OptionText;
  options: readonly OptionText[];
  examples: readonly Example[];
  parse: (flags: Flags, argument: string | undefined) => Own;
  run: (context: StoreContext, options: Own) => Promise<PlainResult>;
}

/** Puts a declared command on the program. */
export function addPlainCommand<Own>(program: Command, { io, finish }: Shell, declared: PlainCommand<Own>): void {
  const command = program.command(declared.name).description(declared.description);
  if (declared.argument) command.argument(...declared.argument);
  addOptions(command, [...declared.options, ...OUTPUT_OPTIONS]);
  addHelpNotes(command, declared.examples).action(async () => {
    const flags = await readFlags(command.opts(), io);
    const options = declared.parse(flags, command.args[0]);
    const output = readOutput(flags);
    const { database } = readConfig(flags, io);
    const { withStore } = await import('../../database/open-store.js');
    const { signal } = io;
    const result = await withStore(database, (store) => declared.run({ store, signal }, options));
    const { jobId, lines, fields, asked } = result;
    const exitCode = flags.isSet('--exit-code') && asked ? asked : (result.exitCode ?? EXIT_CODES.done);
    const document = { command: declared.name, ok: isOk(exitCode), exitCode, jobId, symbols: [], ...fields };
    finish(exitCode);
    await print(
      io.stdout,
      flags.isSet('--json') ? formatJson(document) : lines.map((line) => `${escapeControls(line)}\n`).join(''),
    );
    const paint = createPaint(io.isTerminal.stderr, io.env, output.color);
    for (const { symbol, failure } of result.failures ?? [])
      await printFailure(io.stderr, failure, paint, { symbol, jobId });
  });
}
