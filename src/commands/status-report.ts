import { formatReason } from '../core/known-gap.js';
import { formatSpan } from '../core/range.js';
import type { StatusSummary } from '../jobs/status.js';
import { describeStrip, drawDays, drawStrip } from '../cli/coverage-strip.js';
import { formatLegend, type Drawing } from '../cli/drawing.js';
import { formatCount } from '../cli/format-count.js';
import type { ListedGap } from '../quality/list-gaps.js';
import { describeReadiness } from './describe-readiness.js';
import { formatSources } from './format-sources.js';

/** A symbol with what is known of it. */
export interface SymbolState {
  symbol: string;
  summary: StatusSummary;
}

/** Hours in one line of the coverage where no terminal says how wide it is: three days beside the longest symbol. */
const LINE_HOURS = 72;
const LINE_COLUMNS = 100;
/** Gaps that a person reads; programs get all. */
const GAPS_SHOWN = 20;

/** The symbols' coverage under one another, so that what they miss together shows. */
export function describeCoverage(states: readonly SymbolState[], { strip, screen }: Drawing): string[] {
  const hours = states[0]?.summary.coverage ?? [];
  const width = Math.max(...states.map(({ symbol }) => symbol.length)) + 2;
  const lineHours = screen ? fitHours(screen.columns - width) : LINE_HOURS;
  const blocks: string[][] = [];
  for (let end = hours.length; end > 0; end -= lineHours) {
    const part = [Math.max(0, end - lineHours), end] as const;
    const strips = states.map(
      ({ symbol, summary }) => symbol.padEnd(width) + drawStrip(summary.coverage.slice(...part), strip),
    );
    const room = screen && screen.columns - width;
    blocks.unshift([' '.repeat(width) + drawDays(hours.slice(...part), room), ...strips]);
  }
  if (blocks.length === 0) return [];
  return [
    '',
    ...formatLegend('coverage by hour (UTC)', describeStrip(strip), screen?.columns ?? LINE_COLUMNS),
    ...blocks.flat(),
  ];
}

/** Whole days where there is room for one, so that the lines of a strip begin at the same time of the day. */
function fitHours(room: number): number {
  return room >= 24 ? Math.min(LINE_HOURS, room - (room % 24)) : Math.max(1, room);
}

/** Where the window's rows came from, what is missing, what is flagged and what keeps windows from being ready. */
export function describeStates(states: readonly SymbolState[]): string[] {
  const sources = groupSymbols(states, ({ window }) => [formatSources(window.bySource) ?? 'no row']);
  const gaps = groupSymbols(states, (summary) => summary.gaps.map(describeGap));
  const flags = groupSymbols(states, (summary) => describeFlags(summary.flags));
  const hidden = gaps.length - GAPS_SHOWN;
  return [
    ...section('rows of the window by source', sources.flatMap(formatGroup)),
    ...section('gaps', [
      ...gaps.slice(0, GAPS_SHOWN).flatMap(formatGroup),
      ...(hidden > 0 ? [`  and ${hidden} more; --json lists them all`] : []),
    ]),
    ...section('open flags', flags.flatMap(formatGroup)),
    ...groupSymbols(states, ({ readiness }) => (readiness.isReady ? [] : [JSON.stringify(readiness)])).flatMap(
      ({ symbols }) => describeUnready(symbols, states),
    ),
  ];
}

/** `45 s`, `12 min`, `5 h`, `3 d`: how long ago, coarse as a glance is. */
export function formatAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Symbols of which the same is to be said. */
interface Group {
  text: string;
  symbols: string[];
}

/** What is to be said, each once, with the symbols that it is said of: an outage is one line, not one for each symbol. */
function groupSymbols(states: readonly SymbolState[], textsOf: (summary: StatusSummary) => string[]): Group[] {
  const groups = new Map<string, string[]>();
  for (const { symbol, summary } of states) {
    for (const text of textsOf(summary)) groups.set(text, [...(groups.get(text) ?? []), symbol]);
  }
  return [...groups].map(([text, symbols]) => ({ text, symbols }));
}

function formatGroup({ text, symbols }: Group): string[] {
  const line = `  ${text}: ${symbols.join(' ')}`;
  return line.length <= LINE_COLUMNS ? [line] : [`  ${text}`, ...wrapSymbols(symbols, '    ')];
}

function describeUnready(symbols: readonly string[], states: readonly SymbolState[]): string[] {
  const { readiness } = states.find(({ symbol }) => symbol === symbols[0])!.summary;
  return [
    '',
    ...wrapSymbols(['not ready:', ...symbols], ''),
    ...describeReadiness(symbols, readiness).map((line) => `  ${line}`),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines] : [];
}

function wrapSymbols(words: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= LINE_COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines;
}

function describeFlags({ byRule }: StatusSummary['flags']): string[] {
  const rules = Object.entries(byRule).map(([rule, rows]) => `${rule} ${formatCount(rows)}`);
  return rules.length > 0 ? [rules.join(', ')] : [];
}

function describeGap({ cause, haltedMinutes, kind, ...range }: ListedGap): string {
  const why = cause === null ? 'Binance was not asked yet' : formatReason({ cause, haltedMinutes });
  return `${formatSpan(range)} ${kind}: ${why}`;
}
