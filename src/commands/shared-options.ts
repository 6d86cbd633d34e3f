import { LIMITS } from '../core/limits.js';
import type { Command } from 'commander';
import type { Flags } from '../cli/flags.js';
import type { OptionText } from './job-command.js';
import { METRICS_OPTIONS, PING_OPTIONS } from './monitoring-options.js';

export const OUTPUT_OPTIONS: readonly OptionText[] = [
  ['--json', 'print one JSON document instead of a table, also on failure'],
  ['--quiet', 'print no progress and no notices'],
  ['--no-color', 'print without colours (so does NO_COLOR)'],
  ['--config <file>', 'read settings from this file (default: the nearest chartctl.config.json above)'],
  ['--log-format <text|json>', 'how messages and progress are written on standard error (default: text)'],
];

export const SYMBOL_OPTIONS: readonly OptionText[] = [
  ['--symbols-file <file>', 'read symbols from a file: one a line, # begins a comment'],
  ['--all', 'all symbols that the database holds'],
];

const LOCK_OPTIONS: readonly OptionText[] = [
  ['--if-locked <fail|skip>', 'when another such job holds every symbol: exit 11 or 0 (default: fail)'],
  ['--lock-wait <seconds>', 'wait this long for a symbol that is being written (default: 10)'],
];

const EXCHANGE_OPTIONS: readonly OptionText[] = [
  ['--max-wait <seconds>', 'wait this long for rate limits (default: 60)'],
  ['--concurrency <n>', 'requests in flight at most (default: 16)'],
];

/** What commands over symbols share. */
export const SHARED_OPTIONS: readonly OptionText[] = [
  ...SYMBOL_OPTIONS,
  ...LOCK_OPTIONS,
  ...EXCHANGE_OPTIONS,
  ...METRICS_OPTIONS,
  ...PING_OPTIONS,
  ...OUTPUT_OPTIONS,
];

/** What commands over symbols share that change nothing. */
export const QUESTION_OPTIONS: readonly OptionText[] = [
  ...SYMBOL_OPTIONS,
  ...EXCHANGE_OPTIONS,
  ...METRICS_OPTIONS,
  ...OUTPUT_OPTIONS,
];

/** Declares options; one that ends in `...` may be repeated. */
export function addOptions(command: Command, options: readonly OptionText[]): Command {
  for (const [flag, description] of options) {
    if (flag.endsWith('...')) command.option(flag.slice(0, -3), description, collect);
    else command.option(flag, description);
  }
  return command;
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** How a job treats symbols that are locked. */
export function readLocking(flags: Flags) {
  const lockWait = flags.number('--lock-wait', LIMITS.lockWaitSeconds);
  return {
    ifLocked: flags.choice('--if-locked', ['fail', 'skip']),
    lockWaitMs: lockWait === undefined ? undefined : lockWait * 1000,
  };
}

/** So many requests in flight use up what Binance allows in a minute while its answers take up to 300 ms. */
const CONCURRENCY = 16;

/** How exchanges are asked. */
export function readPace(flags: Flags): { concurrency: number; maxWaitMs: number } {
  const maxWait = flags.number('--max-wait', { min: 0, max: 86_400 }) ?? 60;
  return { concurrency: flags.count('--concurrency', { min: 1, max: 64 }) ?? CONCURRENCY, maxWaitMs: maxWait * 1000 };
}

/** How messages are written on standard error. */
export function readLogFormat(flags: Flags): 'text' | 'json' {
  return flags.choice('--log-format', ['text', 'json']) ?? 'text';
}

/** How results and messages are printed. */
export interface OutputChoice {
  json: boolean;
  quiet: boolean;
  color: boolean;
}

export function readOutput(flags: Flags): OutputChoice {
  readLogFormat(flags); // it holds from before the command begins; here its problem is collected
  return { json: flags.isSet('--json'), quiet: flags.isSet('--quiet'), color: flags.isSet('--color') };
}
