import { SOURCES, type Source } from '../core/candle.js';
import { sumMinutes } from '../core/range.js';
import { formatCount, formatShare, formatStretch, formatTime } from './format-figures.js';
import { markup, type Markup } from './markup.js';
import { renderChart } from './render-chart.js';
import { renderCoverage } from './tables/coverage-table.js';
import { renderFlags } from './tables/flag-table.js';
import { renderBlockers, renderGaps } from './tables/gap-table.js';
import { renderJobs } from './tables/job-table.js';
import { renderParts } from './tables/part-table.js';
import { renderTrainings } from './tables/training-table.js';
import type { Report, SymbolReport, ReportWindow } from './report-data.js';

/** A short explanation of each source. */
const SOURCE_MEANINGS: Readonly<Record<Source, string>> = {
  BINANCE: 'in its own minute',
  BINANCE_BACKFILL: 'fetched later',
  FALLBACK: 'another exchange',
};

/** One symbol's section of the page. */
export function renderSymbol(report: Report, found: SymbolReport, id: string): Markup {
  const { window } = found;
  const place = { id, range: report.range };
  const coverage = renderCoverage(found.hours);
  const parts = renderParts(found, place);
  return markup`<section class="symbol" id="${id}" aria-labelledby="${id}-title">
    <header class="symbol-head">
      <h2 id="${id}-title">${found.symbol}</h2>
      <p class="badge ${window.isReady ? 'ready' : 'unready'}">${window.isReady ? 'ready' : 'not ready'}</p>
      <p class="window">${describeWindow(window)}</p>
    </header>
    ${renderFigures(found)}
    ${found.rows.length > 0 ? renderChart(report, found, id) : markup`<p class="nothing">No row of the range is stored.</p>`}
    ${renderSection(coverage.title, coverage.table)}
    ${window.isReady ? null : renderSection('Why the window is not ready', renderBlockers(window, place))}
    ${renderSection('Gaps', renderGaps(found.gaps, place))}
    ${renderSection('Flags', renderFlags(found.flags, place))}
    ${renderSection('Jobs', renderJobs(found.jobs, place))}
    ${renderSection('Training sets', renderTrainings(found.trainings, place))}
    ${renderSection(parts.title, parts.table)}
  </section>
  `;
}

/** A part of a symbol's section under a heading of its own. */
function renderSection(title: string, body: Markup): Markup {
  return markup`<section class="part">
    <h3>${title}</h3>
    ${body}
  </section>
  `;
}

function describeWindow({ from, to, minutes, valid, isReady, readyFrom }: ReportWindow): string {
  const window = `Window of the last ${minutes} minutes, ${formatStretch({ from, to })} UTC: ${valid} valid`;
  if (isReady || readyFrom === null) return `${window}.`;
  return `${window}; ready from ${formatTime(readyFrom)} if nothing more is missing.`;
}

/** The range in a few figures. */
function renderFigures({ rows, hours, gaps, bySource, flags }: SymbolReport): Markup {
  const minutes = hours.reduce((sum, hour) => sum + hour.minutes, 0);
  const valid = hours.reduce((sum, hour) => sum + hour.valid, 0);
  const flagged = hours.reduce((sum, hour) => sum + hour.flagged, 0);
  const missing = sumMinutes(gaps);
  const settled = flags.filter(({ state }) => state !== 'open').length;
  return markup`<dl class="figures">
    ${renderFigure('Rows', formatCount(rows.length), `of ${formatCount(minutes)} minutes`)}
    ${renderFigure('Valid', formatShare(valid, minutes), `${formatCount(valid)} rows`)}
    ${renderFigure('Missing', formatCount(missing), missing === 0 ? 'no gap' : `min in ${formatCount(gaps.length)} ${gaps.length === 1 ? 'gap' : 'gaps'}`)}
    ${renderFigure('Flagged', formatCount(flagged), `${formatCount(settled)} flags settled`)}
    ${SOURCES.map((source) => renderFigure(source, formatCount(bySource[source] ?? 0), SOURCE_MEANINGS[source], source))}
  </dl>`;
}

function renderFigure(name: string, figure: string, note: string, source?: Source): Markup {
  const mark = source ? markup`<i class="source ${source.toLowerCase()}"></i>` : null;
  return markup`<div><dt>${mark}${name}</dt><dd><b>${figure}</b> <span>${note}</span></dd></div>
  `;
}
