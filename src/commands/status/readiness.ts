import { formatMinute } from '../../core/minute.js';
import { groupBy } from '../../core/group-by.js';
import { formatSpan, type MinuteRange } from '../../core/range.js';
import type { Blocker, Readiness, Remedy } from '../../quality/assess-readiness.js';
import { groupByText, listNames, sortLargestFirst } from '../../terminal/names.js';
import { formatCount } from '../../terminal/text.js';
import type { View } from '../framework/command.js';
import { toSymbolArguments } from '../framework/fleet.js';
import type { SymbolState } from './symbol-state.js';

/** The symbols whose windows are not ready, each with all reasons and the commands that repair it. */
export function describeUnready(states: readonly SymbolState[], view: View): string[] {
  const groups = groupByText(
    states.filter(isUnready),
    ({ symbol }) => symbol,
    ({ summary }) => [describeReasons(summary.readiness).join('\n')],
  );
  return groups.flatMap(({ text, names }) => {
    const own = states.filter(({ symbol }) => names.includes(symbol));
    const commands = describeCommands(own.map(toReadiness), view);
    return [
      '',
      `not ready: ${listNames(names, view.verbose ? Infinity : undefined)}`,
      ...text.split('\n'),
      ...commands,
    ];
  });
}

/** How many kinds of reasons are shown for a fleet. */
const MAX_REASONS = 5;

/** The reasons why windows of a fleet are not ready, each with its symbols, and a command for each remedy. */
export function describeUnreadyFleet(states: readonly SymbolState[], view: View): string[] {
  const unready = states.filter(isUnready);
  if (unready.length === 0) return [];
  const minutes = new Map<string, number>();
  const groups = groupByText(
    unready,
    ({ symbol }) => symbol,
    ({ summary: { readiness } }) =>
      readiness.blockers.map((blocker) => {
        const kind = blocker.reason.replace(/^warming up after .*/, 'warming up after a gap');
        minutes.set(kind, (minutes.get(kind) ?? 0) + blocker.minutes);
        return kind;
      }),
  );
  const reasons = sortLargestFirst(groups);
  const hidden = reasons.slice(MAX_REASONS).length;
  return [
    '',
    'not ready:',
    ...reasons
      .slice(0, MAX_REASONS)
      .map(({ text, names }) => `  ${text}: ${formatCount(minutes.get(text)!)} min in ${listNames(names, 2)}`),
    ...(hidden > 0 ? [`  and ${hidden} more reasons; --verbose shows all`] : []),
    ...describeCommands(unready.map(toReadiness), view),
  ];
}

function isUnready({ summary: { readiness, retired } }: SymbolState): boolean {
  return !readiness.isReady && !retired;
}

function describeReasons({ blockers }: Readiness): string[] {
  return groupByReason(blockers).map((group) => `  ${describeGroup(group)}`);
}

/** A symbol with the readiness of its window. */
interface SymbolReadiness {
  symbol: string;
  readiness: Readiness;
}

function toReadiness({ symbol, summary: { readiness } }: SymbolState): SymbolReadiness {
  return { symbol, readiness };
}

/** The commands that remove what blocks windows, and when the windows will be ready without them; none for the past. */
function describeCommands(symbols: readonly SymbolReadiness[], { flags }: View): string[] {
  if (flags.isSet('--as-of')) return [];
  const isOnlyTimeMissing = symbols.every(({ readiness }) => readiness.isOnlyTimeMissing);
  const command = (
    remedy: Remedy,
    format: (names: string, range: string) => string,
    partsOf: (readiness: Readiness) => readonly Blocker[] = ({ blockers }) => blockers,
  ) => {
    const having = symbols.flatMap(({ symbol, readiness }) => {
      const parts = partsOf(readiness).filter((part) => part.remedy === remedy);
      return parts.length > 0 ? [{ symbol, parts }] : [];
    });
    if (having.length === 0) return [];
    const names = toSymbolArguments(
      having.map(({ symbol }) => symbol),
      flags,
    );
    return [format(names, formatHull(having.flatMap(({ parts }) => parts)))];
  };
  const commands = [
    ...command('backfill', (names, range) => `chartctl backfill ${names} ${range}`),
    ...command('ingest', (names) => `chartctl ingest ${names}`),
    ...command('clean', (names) => `chartctl clean ${names} --repair`),
    ...command('rebuild', (names) => `chartctl rebuild ${names}`),
  ];
  const fills = command(
    'wait or fill',
    (names, range) => `chartctl backfill ${names} ${range} --fill-gaps`,
    (readiness) => (readiness.isOnlyTimeMissing ? readiness.holes : []),
  );
  const time = describeTime(symbols);
  if (isOnlyTimeMissing) return [...time.map((line) => `  ${line}`), ...fills.map((line) => `  or fill it: ${line}`)];
  return [
    ...commands.map((line) => `  do: ${line}`),
    ...fills.map((line) => `  or fill it: ${line}`),
    ...time.map((line) => `  or wait: ${line}`),
  ];
}

function describeTime(symbols: readonly SymbolReadiness[]): string[] {
  const times = symbols.flatMap(({ readiness: { readyFrom } }) => readyFrom ?? []);
  if (times.length === 0) return [];
  const [first, last] = [Math.min(...times), Math.max(...times)].map(formatMinute);
  if (first !== last) return [`ready from ${first!} (the first) to ${last!} (all)`];
  return [`ready from ${first!} if nothing more is missing`];
}

function formatHull(parts: readonly MinuteRange[]): string {
  const from = Math.min(...parts.map((part) => part.from));
  const to = Math.max(...parts.map((part) => part.to));
  return `--from ${formatMinute(from)} --to ${formatMinute(to)}`;
}

function groupByReason(blockers: readonly Blocker[]): Blocker[][] {
  return [...groupBy(blockers, ({ reason }) => reason).values()];
}

function describeGroup(group: readonly Blocker[]): string {
  const [first] = group;
  const minutes = group.reduce((sum, blocker) => sum + blocker.minutes, 0);
  const others = group.length > 1 ? ` and ${group.length - 1} more, ${minutes} min together` : '';
  return `${formatSpan(first!)}${others}: ${first!.reason}`;
}
