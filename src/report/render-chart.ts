import { deflateRawSync } from 'node:zlib';
import { CANDLE_FIELDS } from '../core/candle.js';
import { countMinutes } from '../core/range.js';
import { COLUMN_DEFINITIONS, INDICATOR_COLUMNS } from '../indicators/indicators.js';
import { markup, type Markup, toScriptJson } from './markup.js';
import { INDICATOR_PANES, toChartPayload } from './payload/to-chart-payload.js';
import type { Report, SymbolReport } from './report-data.js';

/** The spans of the zoom buttons. */
const SPANS = [
  { title: '1 h', minutes: 60 },
  { title: '6 h', minutes: 360 },
  { title: '1 d', minutes: 1440 },
  { title: '7 d', minutes: 10_080 },
] as const;

const DEFLATE_LEVEL = 9;

/** The chart with its controls and the row under the pointer; without the page's script, a notice instead. */
export function renderChart(report: Report, found: SymbolReport, id: string): Markup {
  const payload = toChartPayload(report, found, (bytes) => deflateRawSync(bytes, { level: DEFLATE_LEVEL }));
  const decimals = new Map(payload.columns.map((column) => [column.name, column.decimals]));
  return markup`<section class="part chart-part" aria-labelledby="${id}-chart">
    <h3 id="${id}-chart">Chart</h3>
    <noscript>
      <p class="nothing">
        The chart is drawn by a script of this page, and scripts are disabled. The tables below show the same by the hour.
      </p>
    </noscript>
    <div class="needs-script" hidden>
      ${renderControls(report, id)}
      <div class="overview">
        <canvas aria-hidden="true"></canvas>
        <div
          class="brush"
          role="slider"
          tabindex="0"
          aria-label="Visible part of the range"
          aria-valuemin="0"
          aria-valuemax="${countMinutes(report.range)}"
          aria-valuenow="0"
        ></div>
      </div>
      <div class="chart-and-row">
        <div
          class="chart"
          role="application"
          tabindex="0"
          aria-label="Chart of ${found.symbol}, minute by minute"
          aria-describedby="${id}-keys"
        ></div>
        ${renderRow(id, decimals)}
      </div>
      <div class="printed" aria-hidden="true"></div>
      <p class="key" aria-label="Legend">${LEGEND}</p>
      <p class="keys" id="${id}-keys">
        Keys on the chart: ← → one minute, Page Up and Page Down one hour, Home and End the first and the last minute, +
        and − zoom. The strip above the chart shows the whole range: drag its window, or its ends.
      </p>
      <p class="status" role="status" aria-live="polite"></p>
    </div>
    <script type="application/json" class="rows">${toScriptJson(payload)}</script>
  </section>
  `;
}

const LEGEND = markup`
  <span><i class="source binance"></i>BINANCE</span>
  <span><i class="source binance_backfill"></i>BINANCE_BACKFILL</span>
  <span><i class="source fallback"></i>FALLBACK</span>
  <span><i class="hollow"></i>hollow: closed higher, filled: closed lower</span>
  <span><i class="gap"></i>gap</span>
  <span><i class="flag"></i>flag, outlined when settled</span>`;

function renderControls({ range }: Report, id: string): Markup {
  const minutes = countMinutes(range);
  const spans = [...SPANS.filter((span) => span.minutes < minutes), { title: 'all', minutes }];
  return markup`<div class="controls">
    <fieldset>
      <legend>Indicators</legend>
      ${INDICATOR_PANES.map(
        ({ name, title, isShown }) => markup`<label>
          <input type="checkbox" name="${id}-indicator" value="${name}"${isShown ? markup` checked` : null}>${title}
        </label>`,
      )}
    </fieldset>
    <fieldset>
      <legend>Show</legend>
      ${spans.map(
        (span) => markup`<button type="button" data-minutes="${span.minutes}">${span.title}</button>
  `,
      )}
    </fieldset>
  </div>`;
}

/** The row under the pointer, every column of it. */
function renderRow(id: string, decimals: ReadonlyMap<string, number | null>): Markup {
  const field = (name: string, title: string) => markup`<div><dt>${title}</dt><dd data-column="${name}"></dd></div>
  `;
  const rounded = INDICATOR_COLUMNS.filter((column) => decimals.get(column) !== null);
  return markup`<section class="row" aria-labelledby="${id}-row">
    <h4 id="${id}-row">Row</h4>
    <p class="minute" data-column="minute"></p>
    <p class="state" data-column="state"></p>
    <dl>
      ${CANDLE_FIELDS.map((name) => field(name, name[0]!.toUpperCase() + name.slice(1)))}${field('source', 'Source')}
    </dl>
    <dl>${INDICATOR_COLUMNS.map((name) => field(name, COLUMN_DEFINITIONS[name].title))}</dl>
    <p class="note">
      Open to volume as they are in the database;
      ${rounded.length > 0 ? 'indicators rounded to the decimals shown' : 'indicators too'}.
    </p>
  </section>`;
}
