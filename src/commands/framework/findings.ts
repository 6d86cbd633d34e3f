import { formatMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import { groupBy } from '../../core/group-by.js';
import { countMinutes, hullOf, type MinuteRange } from '../../core/range.js';
import { abbreviate } from '../../terminal/names.js';
import { type Column, formatTable } from '../../terminal/table.js';
import { displayWidth, formatCount } from '../../terminal/text.js';
import type { View } from './command.js';
import { MIN_FLEET } from './fleet.js';

/** A stretch of minutes of a symbol that a command has something to say about. */
export interface Finding extends MinuteRange {
  /** What it has in common with others, such as `would flag as volume_spike`. */
  kind: string;
  /** The finding in words. */
  text: string;
}

/** The findings of a symbol, in order. */
export interface SymbolFindings {
  symbol: string;
  findings: readonly Finding[];
}

/** Samples of one kind that are shown. */
const MAX_SAMPLES = 5;
/** Rows of the table of symbols and of the table of findings together, and the bounds of the latter. */
const ROWS_TOGETHER = 24;
const [MIN_ROWS, MAX_ROWS] = [6, 8];

/**
 * Findings of symbols, as lines: of few symbols each one or, where there are many of a kind, their number, range and
 * samples; of a fleet a table with a row for each kind and symbol, the most minutes first, and equal ones together.
 */
export function describeFindings(
  title: string,
  found: readonly SymbolFindings[],
  view: Pick<View, 'verbose' | 'columns'>,
): string[] {
  if (view.verbose) return found.flatMap(({ symbol, findings }) => findings.map(({ text }) => `${symbol}: ${text}`));
  if (found.length < MIN_FLEET) return found.flatMap((symbol) => describeSymbol(title, symbol));
  return formatFindings(title, found, view.columns);
}

function describeSymbol(title: string, { symbol, findings }: SymbolFindings): string[] {
  return groupByKind(findings).flatMap((group) => {
    if (group.findings.length <= MAX_SAMPLES) return group.findings.map(({ text }) => `${symbol}: ${text}`);
    const { kind, minutes, hull } = group;
    const stretches = group.findings.length;
    const count = `${formatCount(minutes)} min${stretches < minutes ? ` in ${formatCount(stretches)} stretches` : ''}`;
    const range = `${formatMinute(hull.from)}..${formatMinute(hull.to)}`;
    const samples = sampleTimes(group, formatMinute).join(', ');
    return [`${symbol}: ${title}, ${kind}: ${count}, ${range}, such as ${samples}`];
  });
}

/** The findings of one kind of symbols that have the same ones. */
interface FindingGroup {
  kind: string;
  symbols: string[];
  findings: Finding[];
  minutes: number;
  hull: MinuteRange;
}

function groupByKind(findings: readonly Finding[]): FindingGroup[] {
  return [...groupBy(findings, ({ kind }) => kind)].map(([kind, own]) => ({
    kind,
    symbols: [],
    findings: own,
    minutes: own.reduce((sum, finding) => sum + countMinutes(finding), 0),
    hull: hullOf(own.flatMap(({ from, to }) => [from, to - MINUTE_MS])),
  }));
}

function formatFindings(title: string, found: readonly SymbolFindings[], columns = Infinity): string[] {
  const groups = new Map<string, FindingGroup>();
  for (const { symbol, findings } of found) {
    for (const group of groupByKind(findings)) {
      const key = [group.kind, ...group.findings.map(({ from, to }) => `${from}-${to}`)].join(' ');
      const same = groups.get(key) ?? group;
      same.symbols.push(symbol);
      groups.set(key, same);
    }
  }
  const rows = [...groups.values()].sort((a, b) => b.minutes * b.symbols.length - a.minutes * a.symbols.length);
  if (rows.length === 0) return [];
  const years = new Set(rows.flatMap(({ hull }) => [hull.from, hull.to].map((time) => formatMinute(time).slice(0, 4))));
  const [year] = years;
  const formatTime = years.size === 1 ? formatShortMinute : formatMinute;
  const maxRows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, ROWS_TOGETHER - found.length));
  const format = (samples: number, lineWidth?: number) =>
    formatTable(toColumns(formatTime, samples), rows, { columns: lineWidth, maxRows }).trimEnd().split('\n');
  const counts = Array.from({ length: MAX_SAMPLES }, (_, i) => MAX_SAMPLES - i);
  const fits = (lines: readonly string[]) => lines.every((line) => displayWidth(line) <= columns);
  const samples = counts.find((count) => fits(format(count))) ?? 0;
  return ['', years.size === 1 ? `${title} (times of ${year!}, UTC):` : `${title}:`, ...format(samples, columns)];
}

function toColumns(formatTime: (minute: Minute) => string, samples: number): Column<FindingGroup>[] {
  return [
    { title: 'symbol', cell: ({ symbols }) => abbreviate(symbols) },
    { title: 'min', cell: ({ minutes }) => minutes },
    { title: 'first', cell: ({ hull }) => formatTime(hull.from) },
    { title: 'last', cell: ({ hull }) => formatTime(hull.to - MINUTE_MS), importance: 2 },
    {
      title: 'such as',
      // of a single stretch it is the first minute
      cell: (group) =>
        samples === 0 || group.findings.length === 1
          ? null
          : sampleTimes(group, formatTime).slice(0, samples).join(', '),
      importance: 1,
    },
    { title: 'what', cell: ({ kind }) => kind },
  ];
}

function sampleTimes({ findings }: FindingGroup, formatTime: (minute: Minute) => string): string[] {
  return findings.slice(0, MAX_SAMPLES).map(({ from }) => formatTime(from));
}

/** `06-04 12:11`. */
function formatShortMinute(minute: Minute): string {
  return formatMinute(minute).slice(5, 16).replace('T', ' ');
}
