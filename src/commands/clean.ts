import { LIMITS } from '../core/limits.js';
import { formatMinute, type Minute, MINUTE_MS } from '../core/minute.js';
import { parseMinute } from '../core/parse-time.js';
import type { CleanSummary } from '../jobs/clean/clean.js';
import type { CleanChange } from '../jobs/clean/clean-change.js';
import type { JobResult, SymbolOutcome } from '../jobs/job.js';
import { DEFAULT_RULES, RULES } from '../quality/rules/rules.js';
import { groupByText, listNames, MAX_NAMES } from '../terminal/names.js';
import type { Column } from '../terminal/table.js';
import type { Command, View } from './framework/command.js';
import type { Finding } from './framework/findings.js';
import { toSymbolArguments } from './framework/fleet.js';
import { dueIfAny, formatJobText } from './framework/job-result.js';
import type { Flags } from './framework/options/flags.js';
import { formatLaterRows } from './framework/later-rows.js';
import { CONFIGURED_SYMBOLS, JOB_OPTIONS } from './framework/options/options.js';
import { readRules, readRuleOptions, RULE_FLAGS } from './framework/options/rule-flags.js';
import { runJob } from './framework/run-job.js';

export const cleanCommand: Command<JobResult<CleanSummary>> = {
  name: 'clean',
  otherNames: ['repair', 'flag', 'dedupe', 'prune', 'accept'],
  description: 'move misaligned rows, remove duplicates, flag abnormal rows, rebuild the affected indicators',
  arguments: [CONFIGURED_SYMBOLS],
  options: [
    ...RULE_FLAGS,
    ['--with <rules>', 'also flag by these rules: wrong_market,price_jump or all'],
    ['--without <rules>', 'do not flag by these rules'],
    ['--repair', 'request flagged rows from Binance again'],
    ['--keep-flagged', 'keep the flags of rows that the exchange confirms'],
    ['--accept <time|all-open>...', 'lift flags by hand: of one minute (may be repeated), or all open ones'],
    ['--reason <text>', 'the reason for lifting the flags, for the audit log'],
    ['--keep <days>', 'remove rows older than this many days'],
    [
      '--keep-history <days>',
      'remove changes and jobs older than this many days from the audit log; they cannot be undone afterwards',
    ],
    ['--remove-future', "remove rows later than Binance's clock (undo restores them)"],
    ['--dry-run', 'list what would change'],
    ['--exit-code', 'with --dry-run: exit 10 when something would change'],
    ...JOB_OPTIONS,
  ],
  notes: ['', 'Rules, enabled unless marked (off):', ...describeRules()],
  examples: [
    ['chartctl clean --all', 'every symbol in the database'],
    ['chartctl clean BTCUSDT --dry-run', 'only list what would change'],
    ['chartctl clean BTCUSDT --with all --without flat_price', 'flag by all rules except one'],
    ['chartctl clean BTCUSDT --accept 2025-06-01T12:00Z --reason "listing day"', 'confirm one minute by hand'],
  ],
  run: (call) => {
    const { flags } = call;
    flags.needs('--exit-code', '--dry-run');
    const options = {
      rules: readRules(flags),
      ...readRuleOptions(flags),
      repair: flags.isSet('--repair'),
      keepFlagged: flags.isSet('--keep-flagged'),
      accept: readAccept(flags),
      keepDays: flags.count('--keep', LIMITS.keepDays),
      keepHistoryDays: flags.count('--keep-history', LIMITS.keepHistoryDays),
      removeFuture: flags.isSet('--remove-future'),
      dryRun: flags.isSet('--dry-run'),
    };
    return runJob(call, options, async () => (await import('../jobs/clean/clean.js')).clean);
  },
  text: (result, view) =>
    formatJobText(result, view, {
      columns: COLUMNS,
      severity: ({ changes, openFlags }) => changes.length + openFlags,
      details: ({ removed, changes }) =>
        removed > 0 && changes.length === 0 ? [`removed ${removed} rows later than Binance's clock`] : [],
      findings: { title: 'would change', of: ({ changes }) => changes.map(toFinding) },
      conclusion: ({ outcomes }) => (view.flags.isSet('--remove-future') ? [] : describeLater(outcomes, view)),
      goal: {
        word: view.flags.isSet('--dry-run') ? 'clean already' : 'without open flags',
        isReached: ({ changes, openFlags }) => changes.length === 0 && openFlags === 0,
      },
    }),
  document: async () => (await import('./documents/clean.js')).cleanDocument,
  exitCode: (result) => dueIfAny(result, ({ changes }) => changes.length > 0),
};

const COLUMNS: readonly Column<CleanSummary>[] = [
  { title: 'rows', cell: (summary) => summary.rows, isKept: true, isSum: true },
  { title: 'moved', cell: (summary) => summary.moved, isSum: true },
  { title: 'duplicates', cell: (summary) => summary.duplicates, isSum: true },
  { title: 'unsound', cell: (summary) => summary.unsound, isSum: true },
  { title: 'spikes', cell: (summary) => summary.spikes, isSum: true },
  { title: 'other flags', cell: describeOtherFlags, importance: 6 },
  { title: 'repaired', cell: (summary) => summary.repaired, isSum: true, importance: 5 },
  { title: 'confirmed', cell: (summary) => summary.confirmed, isSum: true, importance: 4 },
  { title: 'accepted', cell: (summary) => summary.accepted, isSum: true, importance: 5 },
  { title: 'pruned', cell: (summary) => summary.pruned, isSum: true, importance: 3 },
  { title: 'rebuilt', cell: (summary) => summary.rebuilt, isSum: true, importance: 2 },
  {
    title: 'open flags',
    cell: (summary) => summary.openFlags,
    isKept: true,
    isSum: true,
    tone: ({ openFlags }) => (openFlags > 0 ? 'warning' : undefined),
  },
  { title: 'volume limit', cell: (summary) => summary.threshold, importance: 1 },
];

/** A change of a dry run. */
function toFinding({ minute, action, rule, reason }: CleanChange): Finding {
  return {
    from: minute,
    to: minute + MINUTE_MS,
    kind: rule === undefined ? action : `${action} as ${rule}`,
    text: `would ${action} ${formatMinute(minute)}: ${reason}`,
  };
}

/** The rows of symbols that are later than the exchange's clock, and the command that removes them. */
function describeLater(outcomes: readonly SymbolOutcome<CleanSummary>[], { flags, verbose }: View): string[] {
  const found = outcomes.flatMap(({ symbol, summary }) =>
    summary?.beyondClock ? [{ symbol, beyondClock: summary.beyondClock }] : [],
  );
  if (found.length === 0) return [];
  const groups = groupByText(
    found,
    ({ symbol }) => symbol,
    ({ beyondClock }) => [`later than Binance's clock: ${formatLaterRows(beyondClock)}; they are ignored`],
  );
  const shown = verbose ? groups : groups.slice(0, MAX_NAMES);
  const hidden = groups.slice(shown.length).flatMap(({ names }) => names).length;
  const symbols = found.map(({ symbol }) => symbol);
  return [
    ...shown.map(({ text, names }) => `${listNames(names)}: ${text}`),
    ...(hidden > 0 ? [`and ${hidden} more symbols have rows later than Binance's clock`] : []),
    `  do: chartctl clean ${toSymbolArguments(symbols, flags)} --remove-future`,
  ];
}

/** The flags that are lifted by hand, and the reason. */
interface AcceptChoice {
  minutes: Minute[] | 'all-open';
  reason: string;
}

/** The values of `--accept` (minutes, or `all-open`) and `--reason`, which need each other. */
function readAccept(flags: Flags): AcceptChoice | undefined {
  flags.needs('--accept', '--reason');
  flags.needs('--reason', '--accept');
  const texts = flags.texts('--accept');
  const reason = flags.text('--reason');
  if (texts.includes('all-open')) {
    if (texts.length > 1) flags.problems.add('--accept all-open and --accept TIME exclude each other');
    return reason === undefined ? undefined : { minutes: 'all-open', reason };
  }
  const minutes = texts.flatMap((text) => flags.problems.attempt(() => parseMinute(text)) ?? []);
  return reason === undefined || minutes.length === 0 ? undefined : { minutes, reason };
}

/** A line for each rule with its description. */
function describeRules(): string[] {
  return Object.entries(RULES).map(
    ([name, { description, isDefault }]) => `  ${name.padEnd(14)}${description}${isDefault ? '' : ' (off)'}`,
  );
}

/** New flags of the rules without a column of their own, as in `flat_price 72, price_jump 1`. */
function describeOtherFlags({ flagged }: CleanSummary): string | null {
  const others = Object.entries(flagged).filter(([rule, count]) => count > 0 && !isDefault(rule));
  return others.length > 0 ? others.map(([rule, count]) => `${rule} ${count}`).join(', ') : null;
}

function isDefault(rule: string): boolean {
  return DEFAULT_RULES.some((name) => name === rule);
}
