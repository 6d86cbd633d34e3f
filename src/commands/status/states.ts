import { formatGapReason } from '../../core/known-gap.js';
import { formatMinute } from '../../core/minute.js';
import { formatSpan } from '../../core/range.js';
import type { StatusSummary } from '../../jobs/status/status.js';
import type { Blocker, Readiness, Remedy } from '../../quality/assess-readiness.js';
import type { ListedGap } from '../../quality/gaps.js';
import { describeStrip, drawDayMarks, type Drawing, drawStrip, formatLegend } from '../../terminal/drawing.js';
import { displayWidth, formatCount, padToWidth } from '../../terminal/text.js';
import { formatLaterRows } from '../framework/later-rows.js';
import { formatSources } from '../framework/job-result.js';

/** A symbol with its status. */
export interface SymbolState {
  symbol: string;
  summary: StatusSummary;
}

/** Hours in one line of the coverage without a screen: three days beside the longest symbol. */
const MAX_LINE_HOURS = 72;
const MAX_LINE_COLUMNS = 100;
/** Gaps that are shown to people; JSON has all. */
const MAX_GAPS_SHOWN = 20;

/** The coverage of all symbols on the same time axis, so that common gaps are visible. */
export function drawCoverage(states: readonly SymbolState[], { strip, screen }: Drawing): string[] {
  const hours = states[0]?.summary.coverage ?? [];
  const width = Math.max(...states.map(({ symbol }) => displayWidth(symbol))) + 2;
  const lineHours = screen ? fitHours(screen.columns - width) : MAX_LINE_HOURS;
  const blocks: string[][] = [];
  for (let end = hours.length; end > 0; end -= lineHours) {
    const part = [Math.max(0, end - lineHours), end] as const;
    const strips = states.map(
      ({ symbol, summary }) => padToWidth(symbol, width) + drawStrip(summary.coverage.slice(...part), strip),
    );
    const room = screen && screen.columns - width;
    blocks.unshift([' '.repeat(width) + drawDayMarks(hours.slice(...part), room), ...strips]);
  }
  if (blocks.length === 0) return [];
  return [
    '',
    ...formatLegend('coverage by hour (UTC)', describeStrip(strip), screen?.columns ?? MAX_LINE_COLUMNS),
    ...blocks.flat(),
  ];
}

/** Whole days if one fits, so that the lines of a strip begin at the same time of day. */
function fitHours(room: number): number {
  return room >= 24 ? Math.min(MAX_LINE_HOURS, room - (room % 24)) : Math.max(1, room);
}

/** The sources of the window's rows, the gaps, the flags, and the reasons why windows are not ready. */
export function describeStates(states: readonly SymbolState[]): string[] {
  const sources = groupSymbols(states, ({ window }) => [formatSources(window.bySource) ?? 'no row']);
  const gaps = groupSymbols(states, (summary) => summary.gaps.map(describeGap));
  const flags = groupSymbols(states, (summary) => describeFlags(summary.flags));
  const unready = groupSymbols(states, ({ readiness, retired }) =>
    readiness.isReady || retired ? [] : [describeReadiness(readiness).join('\n')],
  );
  const hidden = gaps.length - MAX_GAPS_SHOWN;
  return [
    ...section('rows of the window by source', sources.flatMap(formatGroup)),
    ...section('gaps', [
      ...gaps.slice(0, MAX_GAPS_SHOWN).flatMap(formatGroup),
      ...(hidden > 0 ? [`  and ${hidden} more; --json lists them all`] : []),
    ]),
    ...section('open flags', flags.flatMap(formatGroup)),
    ...section("rows later than the exchange's clock", describeLaterRows(states)),
    ...unready.flatMap(describeUnready),
  ];
}

/** When and why symbols were retired. */
export function describeRetired(states: readonly SymbolState[]): string[] {
  const lines = states.flatMap(({ symbol, summary: { retired } }) =>
    retired
      ? [`  ${symbol} since ${retired.retiredAt.toISOString().slice(0, 10)}: ${retired.reason ?? 'no reason'}`]
      : [],
  );
  return section('retired (chartctl unretire takes it back)', lines);
}

/** A coarse age: `45 s`, `12 min`, `5 h`, `3 d`. */
export function formatAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** A text and the symbols that it is about. */
interface Group {
  text: string;
  symbols: string[];
}

/** Each text once, with all its symbols: an outage is one line, not one for each symbol. */
function groupSymbols(states: readonly SymbolState[], textsOf: (summary: StatusSummary) => string[]): Group[] {
  const groups = new Map<string, string[]>();
  for (const { symbol, summary } of states) {
    for (const text of textsOf(summary)) groups.set(text, [...(groups.get(text) ?? []), symbol]);
  }
  return [...groups].map(([text, symbols]) => ({ text, symbols }));
}

function formatGroup({ text, symbols }: Group): string[] {
  const line = `  ${text}: ${symbols.join(' ')}`;
  return displayWidth(line) <= MAX_LINE_COLUMNS ? [line] : [`  ${text}`, ...wrapSymbols(symbols, '    ')];
}

/** The symbols whose windows are not ready for the same reasons, with the commands for all of them. */
function describeUnready({ text, symbols }: Group): string[] {
  const lines = text.split('\n').map((line) => `  ${line.replaceAll(SYMBOLS, symbols.join(' '))}`);
  return ['', ...wrapSymbols(['not ready:', ...symbols], ''), ...lines];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines] : [];
}

function wrapSymbols(words: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= MAX_LINE_COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines;
}

/** The rows later than the clock of each symbol, and the command that removes them. */
function describeLaterRows(states: readonly SymbolState[]): string[] {
  const found = states.flatMap(({ symbol, summary }) =>
    summary.beyondClock ? [{ symbol, text: formatLaterRows(summary.beyondClock) }] : [],
  );
  if (found.length === 0) return [];
  const symbols = found.map(({ symbol }) => symbol).join(' ');
  return [
    ...found.map(({ symbol, text }) => `  ${symbol}: ${text}; they count for nothing`),
    `  do: chartctl clean ${symbols} --remove-future`,
  ];
}

function describeFlags({ byRule }: StatusSummary['flags']): string[] {
  const rules = Object.entries(byRule).map(([rule, rows]) => `${rule} ${formatCount(rows)}`);
  return rules.length > 0 ? [rules.join(', ')] : [];
}

function describeGap({ cause, haltedMinutes, kind, ...range }: ListedGap): string {
  const why = cause === null ? 'Binance was not asked yet' : formatGapReason({ cause, haltedMinutes });
  return `${formatSpan(range)} ${kind}: ${why}`;
}

/** Stands for the names of the symbols until those with the same lines are known. */
const SYMBOLS = '{symbols}';

/** Why a window is not ready, the commands that repair it, and when it will be ready. */
function describeReadiness(readiness: Readiness): string[] {
  const { blockers, isOnlyTimeMissing, readyFrom } = readiness;
  if (readyFrom === null) return [];
  const reasons = groupByReason(blockers).map(describeGroup);
  const commands = findCommands(readiness);
  const time = `ready from ${formatMinute(readyFrom)} if nothing more is missing`;
  if (isOnlyTimeMissing) return [...reasons, time, ...commands.map((command) => `or fill it: ${command}`)];
  return [...reasons, ...commands.map((command) => `do: ${command}`), `or wait: ${time}`];
}

/** The commands that remove what blocks a window. */
function findCommands({ blockers, holes, isOnlyTimeMissing }: Readiness): string[] {
  const having = (parts: readonly Blocker[], remedy: Remedy) => parts.filter((part) => part.remedy === remedy);
  const over = (parts: readonly Blocker[]) =>
    `--from ${formatMinute(parts[0]!.from)} --to ${formatMinute(parts.at(-1)!.to)}`;
  const missing = having(blockers, 'backfill');
  const fillable = isOnlyTimeMissing ? having(holes, 'wait or fill') : [];
  return [
    ...(missing.length > 0 ? [`chartctl backfill ${SYMBOLS} ${over(missing)}`] : []),
    ...(having(blockers, 'ingest').length > 0 ? [`chartctl ingest ${SYMBOLS}`] : []),
    ...(having(blockers, 'clean').length > 0 ? [`chartctl clean ${SYMBOLS} --repair`] : []),
    ...(having(blockers, 'rebuild').length > 0 ? [`chartctl rebuild ${SYMBOLS}`] : []),
    ...(fillable.length > 0 ? [`chartctl backfill ${SYMBOLS} ${over(fillable)} --fill-gaps`] : []),
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
