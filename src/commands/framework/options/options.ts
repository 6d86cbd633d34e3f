import { URL_VALUE } from '../../../config/setting.js';
import { Failure } from '../../../core/failure.js';
import { DEFAULTS, LIMITS } from '../../../core/limits.js';
import { MAX_DATE_MS } from '../../../core/minute.js';
import type { MinuteRange } from '../../../core/range.js';
import { parseSymbols } from '../../../core/symbol.js';
import { readListFile } from '../../../config/text-file.js';
import type { Flags } from './flags.js';

/** An option with its argument, as in `--hours <n>`, and what it does. */
export type OptionText = readonly [flag: string, description: string];

/** An argument, as in `[symbols...]`, and what it means. */
export type ArgumentText = readonly [argument: string, description: string];

export const OUTPUT_OPTIONS: readonly OptionText[] = [
  ['--json', 'print one JSON document instead of a table, also on failure'],
  ['--json-schema', 'print the JSON Schema of that document, and do nothing else'],
  ['--verbose', 'print every row and finding, where a table would sum them up'],
  ['--quiet', 'print no progress and no notices'],
  ['--no-color', 'print without colours (so does NO_COLOR)'],
  ['--config <file>', 'read settings from this file (default: the nearest chartctl.config.json above)'],
  ['--log-format <text|json>', 'how messages and progress are written on standard error (default: text)'],
];

/** How results and messages are printed. */
export interface OutputOptions {
  json: boolean;
  verbose: boolean;
  quiet: boolean;
  color: boolean;
}

export function readOutputOptions(flags: Flags): OutputOptions {
  const [json, verbose] = [flags.isSet('--json'), flags.isSet('--verbose')];
  return { json, verbose, quiet: flags.isSet('--quiet'), color: flags.isSet('--color') };
}

/** How messages are written on standard error. */
export function readLogFormat(flags: Flags): 'text' | 'json' {
  return flags.choice('--log-format', ['text', 'json']) ?? 'text';
}

export const METRICS_OPTION: OptionText = [
  '--metrics-file <file>',
  "rewrite this .prom file at the end, for Prometheus' textfile collector",
];
export const PING_OPTION: OptionText = [
  '--ping-url <url>',
  'ping a monitor: URL/start when the job begins, URL/<exit code> when it ends',
];

/** The monitoring that a run reports to. */
export interface MonitoringOptions {
  metricsFile: string | undefined;
  pingUrl: string | undefined;
}

/** Reads the monitoring of a run. An invalid address is a problem of the call; an unreachable one is not. */
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

/** @throws Failure (usage) without the address, which is a secret */
function parsePingUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new Failure('usage', '--ping-url was not understood', {
    hint: `expected ${URL_VALUE.expected}`,
  });
}

export const SYMBOL_OPTIONS: readonly OptionText[] = [
  ['--symbols-file <file>', 'read symbols from a file, - is standard input: one a line, # begins a comment'],
  ['--all', 'all symbols that the database holds'],
];

/** The symbols of a command that changes rows. */
export const CONFIGURED_SYMBOLS: ArgumentText = [
  '[symbols...]',
  'symbols such as BTCUSDT; without any: those that are configured',
];
/** The symbols of a command that changes nothing. */
export const STORED_SYMBOLS: ArgumentText = ['[symbols...]', 'symbols such as BTCUSDT; without any: all'];

/**
 * The symbols of a call: its arguments and `--symbols-file`, else the configured ones; or `--all` in the database.
 *
 * @param configured the symbols of a call that names none: the configured ones, or all; undefined when the
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

export const LOCK_WAIT_OPTION: OptionText = [
  '--lock-wait <seconds>',
  `wait this long for a symbol that is being written (default: ${DEFAULTS.lockWaitSeconds})`,
];

const IF_LOCKED_OPTION: OptionText = [
  '--if-locked <fail|skip>',
  'when another such job holds every symbol: exit 11 or 0 (default: fail)',
];

/** How a job treats symbols that are locked. */
export function readLocking(flags: Flags) {
  const lockWait = flags.number('--lock-wait', LIMITS.lockWaitSeconds);
  return {
    ifLocked: flags.choice('--if-locked', ['fail', 'skip']),
    lockWaitMs: lockWait === undefined ? undefined : lockWait * 1000,
  };
}

const EXCHANGE_OPTIONS: readonly OptionText[] = [
  ['--max-wait <seconds>', `wait this long for rate limits (default: ${DEFAULTS.maxWaitSeconds})`],
  ['--concurrency <n>', `requests in flight at most (default: ${DEFAULTS.concurrency})`],
];

/** The pace of requests to exchanges. */
export function readPace(flags: Flags): { concurrency: number; maxWaitMs: number } {
  const maxWait = flags.number('--max-wait', LIMITS.maxWaitSeconds) ?? DEFAULTS.maxWaitSeconds;
  const concurrency = flags.count('--concurrency', LIMITS.concurrency) ?? DEFAULTS.concurrency;
  return { concurrency, maxWaitMs: maxWait * 1000 };
}

/** The options that all commands over symbols share. */
export const JOB_OPTIONS: readonly OptionText[] = [
  ...SYMBOL_OPTIONS,
  IF_LOCKED_OPTION,
  LOCK_WAIT_OPTION,
  ...EXCHANGE_OPTIONS,
  METRICS_OPTION,
  PING_OPTION,
  ...OUTPUT_OPTIONS,
];

/** The options that jobs share which take their symbols and candles from files. */
export const FILE_JOB_OPTIONS: readonly OptionText[] = [
  IF_LOCKED_OPTION,
  LOCK_WAIT_OPTION,
  METRICS_OPTION,
  PING_OPTION,
  ...OUTPUT_OPTIONS,
];

/** The options that commands over symbols share which change nothing. */
export const READ_ONLY_OPTIONS: readonly OptionText[] = [
  ...SYMBOL_OPTIONS,
  ...EXCHANGE_OPTIONS,
  METRICS_OPTION,
  ...OUTPUT_OPTIONS,
];

export const RANGE_OPTIONS: readonly OptionText[] = [
  ['--from <time>', 'first minute of the range'],
  ['--to <time>', 'end of the range, itself not in it (default: now)'],
];

/**
 * The range of `--from` and `--to`; undefined when neither is given. Without `--to` it is open: jobs end it at the
 * exchange's clock.
 *
 * @param others flags that give the range in another way: at most one way may be used
 */
export function readRange(flags: Flags, ...others: string[]): MinuteRange | undefined {
  const ends = ['--from', '--to'].filter((flag) => flags.isSet(flag));
  const ways = [...others.filter((flag) => flags.isSet(flag)), ...ends.slice(0, 1)];
  if (ways.length > 1) {
    flags.problems.add(`${ways.join(' and ')} exclude each other`, 'give the range in one way');
    return undefined;
  }
  flags.needs('--to', '--from');
  const from = flags.minute('--from');
  const to = flags.isSet('--to') ? flags.minute('--to') : MAX_DATE_MS;
  if (from === undefined || to === undefined) return undefined;
  if (from < to) return { from, to };
  const problem = from === to ? 'the range is empty: --from and --to are the same' : '--from is later than --to';
  flags.problems.add(problem, 'ranges are half-open: --from is in, --to is not');
  return undefined;
}

const RANGE_UNITS = [
  { flag: '--minutes', minutes: 1, max: 5_256_000 },
  { flag: '--hours', minutes: 60, max: 87_600 },
  { flag: '--days', minutes: 1440, max: 3650 },
] as const;

/** The past minutes of `--minutes`, `--hours` or `--days`; undefined when none is given. */
export function readPastMinutes(flags: Flags): number | undefined {
  for (const { flag, minutes, max } of RANGE_UNITS) {
    const count = flags.count(flag, { min: 1, max });
    if (count !== undefined) return count * minutes;
  }
  return undefined;
}
