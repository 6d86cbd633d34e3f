import { createHash } from 'node:crypto';
import { countMinutes } from '../core/range.js';
import { INDICATOR_COLUMNS } from '../indicators/indicators.js';
import { formatCount, formatInstant, formatTime } from './format-figures.js';
import { Markup, markup } from './markup.js';
import type { PageAssets } from './page-assets.js';
import { renderSymbol } from './render-symbol.js';
import type { Report } from './report-data.js';

/**
 * Renders the report as one self-contained HTML page: it loads nothing, and its content security policy forbids it.
 *
 * Only the build's own script and style are allowed, by their hashes; texts from the database are escaped.
 */
export function renderPage(report: Report, { script, style }: PageAssets): string {
  const title = `${report.symbols.map(({ symbol }) => symbol).join(', ')} · chartctl report`;
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
        <main id="content">${report.symbols.map((found, index) => renderSymbol(report, found, index))}</main>
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

function renderHead({ version, createdAt, clock, range, symbols }: Report): Markup {
  const links = symbols.map(
    ({ symbol }, index) => markup`<li><a href="#symbol-${index + 1}">${symbol}</a></li>
  `,
  );
  return markup`<header class="page-head">
      <div>
        <p class="product">chartctl report</p>
        <h1><b>${formatTime(range.from)}</b> – <b>${formatTime(range.to)}</b> <span>UTC</span></h1>
        <p class="made">
          ${formatCount(countMinutes(range))} minutes · made ${formatInstant(createdAt)} UTC by ${CLOCKS[clock]} ·
          chartctl ${version}
        </p>
      </div>
      <fieldset class="theme needs-script" hidden>
        <legend>Colours</legend>
        <label><input type="radio" name="theme" value="system" checked>system</label>
        <label><input type="radio" name="theme" value="light">light</label>
        <label><input type="radio" name="theme" value="dark">dark</label>
      </fieldset>
    </header>
    ${symbols.length > 1 ? markup`<nav class="symbols" aria-label="Symbols"><ul>${links}</ul></nav>` : null}`;
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
