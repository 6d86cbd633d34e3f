import { SOURCES } from '../core/candle.js';
import type { PartCoverage } from '../core/coverage.js';
import { MINUTE_MS } from '../core/minute.js';
import { sumMinutes } from '../core/range.js';
import { formatCount, formatDuration, formatShare, formatTime } from './format-figures.js';
import { type Markup, markup } from './markup.js';
import type { HourCandle, Report, SymbolReport } from './report-data.js';
import { type Grade, GRADES, gradeOf } from './tables/grade.js';
import { renderTable, type Table } from './tables/table.js';

interface SymbolRow {
  found: SymbolReport;
  id: string;
  minutes: number;
  valid: number;
}

export const SYMBOL_TABLE: Table<SymbolRow> = {
  name: 'symbols',
  columns: [
    { title: 'Symbol', cell: ({ found, id }) => markup`<a href="#${id}">${found.symbol}</a>` },
    { title: 'Readiness', kind: 'text', cell: ({ found }) => renderReadiness(found) },
    { title: 'Coverage', cell: ({ found, valid, minutes }) => renderStrip(found.hours, formatShare(valid, minutes)) },
    { title: 'Valid', kind: 'number', cell: ({ valid, minutes }) => formatShare(valid, minutes) },
    { title: 'Missing', kind: 'number', cell: ({ found }) => formatMissing(found) },
    { title: 'Flagged', kind: 'number', cell: ({ found }) => formatCount(sumOf(found, 'flagged')) },
    { title: SOURCES[1], kind: 'number', cell: ({ found }) => formatCount(found.bySource[SOURCES[1]] ?? 0) },
  ],
};

/** The first page of several symbols: one line each, the worst first. */
export function renderSymbols({ symbols }: Report, ids: ReadonlyMap<SymbolReport, string>): Markup {
  const rows = symbols.map((found): SymbolRow => {
    return { found, id: ids.get(found)!, minutes: sumOf(found, 'minutes'), valid: sumOf(found, 'valid') };
  });
  const ready = symbols.filter(({ window }) => window.isReady).length;
  return markup`<section class="all-symbols" id="symbols" aria-labelledby="symbols-title">
    <h2 id="symbols-title">${formatCount(ready)} of ${formatCount(symbols.length)} symbols ready</h2>
    <section class="part">
      ${renderTable(SYMBOL_TABLE, 'The symbols, worst first (UTC)', rows.sort(compareRows))}
      <p class="key">
        ${GRADES.map(({ name, meaning }) => markup`<span>${renderKey(name)}${meaning}</span>`)}
      </p>
    </section>
  </section>
  `;
}

/** Not ready before ready, then by the share of valid minutes, then by what is missing. */
function compareRows(a: SymbolRow, b: SymbolRow): number {
  return (
    Number(a.found.window.isReady) - Number(b.found.window.isReady) ||
    a.valid / a.minutes - b.valid / b.minutes ||
    sumMinutes(b.found.gaps) - sumMinutes(a.found.gaps) ||
    a.found.window.valid - b.found.window.valid
  );
}

function sumOf({ hours }: SymbolReport, field: 'minutes' | 'valid' | 'flagged'): number {
  return hours.reduce((sum, hour) => sum + hour[field], 0);
}

function renderReadiness({ window: { isReady, readyFrom, valid, minutes, blockers } }: SymbolReport): Markup {
  if (isReady) return markup`<b class="badge ready">ready</b>`;
  const when = readyFrom === null ? null : `; ready from ${formatTime(readyFrom)}`;
  const why = blockers[0] ? `; ${blockers[0].reason}` : null;
  return markup`<b class="badge unready">not ready</b> ${valid} of ${minutes} valid${when}${why}`;
}

function formatMissing({ gaps }: SymbolReport): string {
  const minutes = sumMinutes(gaps);
  if (minutes === 0) return 'none';
  const count = `${formatCount(gaps.length)} ${gaps.length === 1 ? 'gap' : 'gaps'}`;
  return `${formatDuration(minutes * MINUTE_MS)} in ${count}`;
}

/** The width of a strip, and the height of each grade: it is readable without colour. */
const STRIP_PARTS = 120;
const HEIGHTS: Readonly<Record<Grade, number>> = { full: 12, most: 9, some: 6, few: 3, none: 0 };

/** The range as a strip of bars, each as high and as dark as its share of valid minutes; a hole where there is no row. */
function renderStrip(hours: readonly HourCandle[], share: string): Markup {
  const parts = splitEvenly(hours, Math.min(STRIP_PARTS, hours.length));
  const runs: { grade: Grade; start: number; width: number }[] = [];
  for (const [start, part] of parts.entries()) {
    const [last, grade] = [runs.at(-1), gradeOf(part)];
    if (last?.grade === grade) last.width += 1;
    else runs.push({ grade, start, width: 1 });
  }
  const shapes = runs
    .filter(({ grade }) => grade !== 'none')
    .map(({ grade, start, width }) => markup`<path class="${grade}" d="${toBar(grade, start, width)}"/>`);
  return markup`<svg class="strip" viewBox="0 0 ${parts.length} 12" preserveAspectRatio="none" role="img" aria-label="${share} valid">${shapes}</svg>`;
}

function toBar(grade: Grade, start: number, width: number): string {
  return `M${start} ${12 - HEIGHTS[grade]}h${width}v${HEIGHTS[grade]}h-${width}z`;
}

function splitEvenly(hours: readonly HourCandle[], count: number): Omit<PartCoverage, 'from'>[] {
  return Array.from({ length: count }, (_, at) => {
    const [start, end] = [at, at + 1].map((edge) => Math.floor((edge * hours.length) / count)) as [number, number];
    const sum = { minutes: 0, rows: 0, valid: 0 };
    for (const { minutes, rows, valid } of hours.slice(start, end)) {
      sum.minutes += minutes;
      sum.rows += rows;
      sum.valid += valid;
    }
    return sum;
  });
}

function renderKey(grade: Grade): Markup {
  return markup`<svg class="strip" viewBox="0 0 18 12" aria-hidden="true"><path class="${grade}" d="${toBar(grade, 0, 18)}"/></svg>`;
}
