import type { Command } from 'commander';
import { readListFile } from '../../config/text-file.js';
import { Failure } from '../../core/failure.js';
import { LIMITS } from '../../core/limits.js';
import type { MinuteRange } from '../../core/range.js';
import { parseSymbols } from '../../core/symbol.js';
import type { OptionText } from './command.js';
import type { Flags } from './flags.js';

export const METRICS_OPTIONS: readonly OptionText[] = [
  ['--metrics-file <file>', "rewrite this .prom file at the end, for Prometheus' textfile collector"],
];

export const PING_OPTIONS: readonly OptionText[] = [
  ['--ping-url <url>', 'tell a monitor: URL/start when the job begins, URL/<exit code> when it ends'],
];

/** Who watches a run from outside. */
export interface MonitoringOptions {
  metricsFile: string | undefined;
  pingUrl: string | undefined;
}

/** Reads who is to be told of a run. A wrong address is a problem of the call; one that does not answer never is. */
export function readMonitoringOptions(flags: Flags): MonitoringOptions {
  return {
    metricsFile: flags.parse('--metrics-file', parseMetricsFile),
    pingUrl: flags.parse('--ping-url', parsePingUrl),
  };
}

function parseMetricsFile(path: string): string {
  if (path.endsWith('.prom')) return path;
  throw new Failure('usage', `--metrics-file was "${path}"`, {
    hint: 'expected a name that ends in .prom: the textfile collector reads no others',
  });
}

/** @throws Failure (usage) that does not show the address: whoever knows it may ping */
function parsePingUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new Failure('usage', '--ping-url was not understood', {
    hint: 'expected a URL that begins with https:// or http://',
  });
}

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
export const JOB_OPTIONS: readonly OptionText[] = [
  ...SYMBOL_OPTIONS,
  ...LOCK_OPTIONS,
  ...EXCHANGE_OPTIONS,
  ...METRICS_OPTIONS,
  ...PING_OPTIONS,
  ...OUTPUT_OPTIONS,
];

/** What commands over symbols share that change nothing. */
export const READ_ONLY_OPTIONS: readonly OptionText[] = [
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
const DEFAULT_CONCURRENCY = 16;

/** How exchanges are asked. */
export function readPace(flags: Flags): { concurrency: number; maxWaitMs: number } {
  const maxWait = flags.number('--max-wait', { min: 0, max: 86_400 }) ?? 60;
  return {
    concurrency: flags.count('--concurrency', { min: 1, max: 64 }) ?? DEFAULT_CONCURRENCY,
    maxWaitMs: maxWait * 1000,
  };
}

/** How messages are written on standard error. */
export function readLogFormat(flags: Flags): 'text' | 'json' {
  return flags.choice('--log-format', ['text', 'json']) ?? 'text';
}

/** How results and messages are printed. */
export interface OutputOptions {
  json: boolean;
  quiet: boolean;
  color: boolean;
}

export function readOutput(flags: Flags): OutputOptions {
  readLogFormat(flags); // it holds from before the command begins; here its problem is collected
  return { json: flags.isSet('--json'), quiet: flags.isSet('--quiet'), color: flags.isSet('--color') };
}

/**
 * The symbols that a call means: its arguments and `--symbols-file`, else the configured ones; or `--all` in the database.
 *
 * @param configured what a call without symbols means: the configured ones, or all; undefined when the
 *   configuration was refused
 */
export function readSymbols(
  flags: Flags,
  names: readonly string[],
  configured: readonly string[] | 'all' | undefined,
): readonly string[] | 'all' {
  const isNamed = names.length > 0 || flags.isSet('--symbols-file');
  if (flags.isSet('--all')) {
    if (isNamed) flags.problems.add('--all and named symbols exclude each other', 'give one of them');
    return 'all';
  }
  const listed = flags.parse('--symbols-file', (path) =>
    readListFile(path, flags.cwd).flatMap((line) => line.split(/[\s,]+/)),
  );
  const symbols = flags.problems.attempt(() => parseSymbols([...names, ...(listed ?? [])]));
  if (isNamed) return symbols ?? [];
  if (configured?.length === 0) {
    flags.problems.add(
      'no symbol was named',
      'give symbols such as BTCUSDT, --symbols-file, or --all; or configure them: see chartctl config',
    );
  }
  return configured ?? [];
}

/**
 * The range of `--from` and `--to`, which go together; undefined when neither is given.
 *
 * @param others flags that say the range in another way: at most one way may be used
 */
export function readRange(flags: Flags, ...others: string[]): MinuteRange | undefined {
  const ends = ['--from', '--to'].filter((flag) => flags.isSet(flag));
  const ways = [...others.filter((flag) => flags.isSet(flag)), ...ends.slice(0, 1)];
  if (ways.length > 1) {
    flags.problems.add(`${ways.join(' and ')} exclude each other`, 'say the range in one way');
    return undefined;
  }
  flags.needs('--from', '--to');
  flags.needs('--to', '--from');
  const from = flags.minute('--from');
  const to = flags.minute('--to');
  if (from === undefined || to === undefined) return undefined;
  if (from < to) return { from, to };
  const problem = from === to ? 'the range is empty: --from and --to are the same' : '--from is later than --to';
  flags.problems.add(problem, 'ranges are half-open: --from is in, --to is not');
  return undefined;
}

const UNITS = [
  { flag: '--minutes', minutes: 1, max: 5_256_000 },
  { flag: '--hours', minutes: 60, max: 87_600 },
  { flag: '--days', minutes: 1440, max: 3650 },
] as const;

/** The past minutes of `--minutes`, `--hours` or `--days`; undefined when none is given. */
export function readPastMinutes(flags: Flags): number | undefined {
  for (const { flag, minutes, max } of UNITS) {
    const count = flags.count(flag, { min: 1, max });
    if (count !== undefined) return count * minutes;
  }
  return undefined;
}
