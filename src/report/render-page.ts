import { createHash } from 'node:crypto';
import { countMinutes } from '../core/range.js';
import { INDICATOR_COLUMNS } from '../indicators/indicators.js';
import { formatCount, formatInstant, formatTime } from './format-figures.js';
import { Markup, markup } from './markup.js';
import type { PageAssets } from './page-assets.js';
import { renderSymbol } from './render-symbol.js';
import { renderSymbols, SYMBOL_TABLE } from './render-symbols.js';
import type { Report, SymbolReport } from './report-data.js';
import { FLAG_TABLE } from './tables/flag-table.js';
import { BLOCKER_TABLE, GAP_TABLE } from './tables/gap-table.js';
import { JOB_TABLE, TALLY_TABLE } from './tables/job-table.js';
import { PART_TABLE } from './tables/part-table.js';
import { styleTables } from './tables/table.js';
import { TRAINING_TABLE } from './tables/training-table.js';

const TABLES = [SYMBOL_TABLE, BLOCKER_TABLE, GAP_TABLE, FLAG_TABLE, TALLY_TABLE, JOB_TABLE, TRAINING_TABLE, PART_TABLE];
/** With more symbols only the first page links to all of them. */
const MAX_LINKS = 8;

/**
 * Renders the report as one self-contained HTML page: it loads nothing, and its content security policy forbids it.
 *
 * Only the build's own script and style are allowed, by their hashes; texts from the database are escaped.
 */
export function renderPage(report: Report, { script, style: base }: PageAssets): string {
  const style = base + styleTables(TABLES);
  const ids = new Map(report.symbols.map((found, at) => [found, `symbol-${at + 1}`]));
  const isSeveral = report.symbols.length > 1;
  const names = report.symbols.map(({ symbol }) => symbol);
  const subject = names.length > MAX_LINKS ? `${names.length} symbols` : names.join(', ');
  const title = `${subject}${report.clock === 'past' ? ` as of ${formatInstant(report.createdAt)}` : ''} · chartctl report`;
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${toPolicy(script, style)}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="generator" content="chartctl ${report.version}">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style>${new Markup(style)}</style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the symbols</a>
        ${renderHead(report)}
        ${isSeveral ? renderLinks(report, ids) : null}
        <main id="content">
          ${isSeveral ? renderSymbols(report, ids) : null}
          ${report.symbols.map((found) => renderSymbol(report, found, ids.get(found)!))}
        </main>
        ${FOOT}
        <script>${new Markup(script)}</script>
      </body>
    </html>
  `.text;
}

/** Nothing may be loaded, sent or framed; only the build's script and style are allowed. */
function toPolicy(script: string, style: string): string {
  return [
    `default-src 'none'`,
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `img-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const CLOCKS = { exchange: "the exchange's clock", local: 'the local clock' } as const;

/** When the page was made, or of when it shows the table. */
function describeTime({ createdAt, clock, asOfJob }: Report): Markup {
  const time = `${formatInstant(createdAt)} UTC`;
  if (clock !== 'past') return markup`made ${time} by ${CLOCKS[clock]}`;
  const job = asOfJob === null ? '' : `, the end of job ${asOfJob}`;
  return markup`<strong>the table as it stood at ${time}${job}</strong>; causes of gaps are those known when the page was made`;
}

/** The links to the first page and, where they are few, to each symbol. */
function renderLinks({ symbols }: Report, ids: ReadonlyMap<SymbolReport, string>): Markup {
  const linked = symbols.length > MAX_LINKS ? [] : symbols;
  const links = linked.map(
    (found) => markup`<li><a href="#${ids.get(found)!}">${found.symbol}</a></li>
  `,
  );
  return markup`<nav class="links" aria-label="Symbols"><ul><li><a href="#symbols">All symbols</a></li>${links}</ul></nav>
  `;
}

function renderHead(report: Report): Markup {
  const { version, range } = report;
  return markup`<header class="page-head">
      <div>
        <p class="product">chartctl report</p>
        <h1><b>${formatTime(range.from)}</b> – <b>${formatTime(range.to)}</b> <span>UTC</span></h1>
        <p class="made">
          ${formatCount(countMinutes(range))} minutes · ${describeTime(report)} · chartctl ${version}
        </p>
      </div>
      <fieldset class="theme needs-script" hidden>
        <legend>Colours</legend>
        <label><input type="radio" name="theme" value="system" checked>system</label>
        <label><input type="radio" name="theme" value="light">light</label>
        <label><input type="radio" name="theme" value="dark">dark</label>
      </fieldset>
    </header>
  `;
}

const FOOT = markup`<footer>
  <p>
    All times are UTC; stretches do not include their end. A row is valid when its candle is sound, it has all
    ${INDICATOR_COLUMNS.length} indicators, and no flag is open.
  </p>
  <p>
    Charts: TradingView Lightweight Charts™, Copyright © TradingView, Inc.
    <a href="https://www.tradingview.com/">https://www.tradingview.com/</a>, under the Apache License 2.0.
  </p>
</footer>`;
