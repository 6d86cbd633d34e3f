import { formatMinute } from '../core/minute.js';
import { formatSpan } from '../core/range.js';
import type { Blocker, Readiness, Remedy } from '../quality/judge-readiness.js';

/** Why the windows of symbols that lack the same are not ready, what to do about it, and from when they will be. */
export function describeReadiness(symbols: readonly string[], readiness: Readiness): string[] {
  const { blockers, isOnlyTimeMissing, readyFrom } = readiness;
  if (readyFrom === null) return [];
  const reasons = groupByReason(blockers).map(describeGroup);
  const commands = findCommands(symbols, readiness);
  const time = `ready from ${formatMinute(readyFrom)} if nothing more is missing`;
  if (isOnlyTimeMissing) return [...reasons, time, ...commands.map((command) => `or fill it: ${command}`)];
  return [...reasons, ...commands.map((command) => `do: ${command}`), `or wait: ${time}`];
}

/** What to type. */
function findCommands(symbols: readonly string[], { blockers, holes, isOnlyTimeMissing }: Readiness): string[] {
  const names = symbols.join(' ');
  const having = (parts: readonly Blocker[], remedy: Remedy) => parts.filter((part) => part.remedy === remedy);
  const over = (parts: readonly Blocker[]) =>
    `--from ${formatMinute(parts[0]!.from)} --to ${formatMinute(parts.at(-1)!.to)}`;
  const unasked = having(blockers, 'backfill');
  const fillable = isOnlyTimeMissing ? having(holes, 'wait or fill') : [];
  return [
    ...(unasked.length > 0 ? [`chartctl backfill ${names} ${over(unasked)}`] : []),
    ...(having(blockers, 'ingest').length > 0 ? [`chartctl ingest ${names}`] : []),
    ...(having(blockers, 'clean').length > 0 ? [`chartctl clean ${names} --repair`] : []),
    ...(having(blockers, 'rebuild').length > 0 ? [`chartctl rebuild ${names}`] : []),
    ...(fillable.length > 0 ? [`chartctl backfill ${names} ${over(fillable)} --fill-gaps`] : []),
  ];
}

function groupByReason(blockers: readonly Blocker[]): Blocker[][] {
  const groups = new Map<string, Blocker[]>();
  for (const blocker of blockers) groups.set(blocker.reason, [...(groups.get(blocker.reason) ?? []), blocker]);
  return [...groups.values()];
}

function describeGroup(group: readonly Blocker[]): string {
  const [first] = group;
  const minutes = group.reduce((sum, blocker) => sum + blocker.minutes, 0);
  const others = group.length > 1 ? ` and ${group.length - 1} more, ${minutes} min together` : '';
  return `${formatSpan(first!)}${others}: ${first!.reason}`;
}
