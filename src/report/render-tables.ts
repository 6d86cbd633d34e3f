import type { FlagRecord } from '../rows/row-state.js';
import { countDecimals } from './payload/column-codec.js';
import {
  formatCount,
  formatDuration,
  formatFigure,
  formatInstant,
  formatStretch,
  formatTime,
  NO_VALUE,
} from './format-figures.js';
import { type Markup, markup } from './markup.js';
import type { HourCandle, ReportGap, ReportJobs, ReportTraining, ReportWindow, SymbolReport } from './report-data.js';

/** A column of a table: its heading and its cells. */
interface TableColumn<Row> {
  title: string;
  /** Numbers are aligned right; texts may wrap. */
  kind?: 'number' | 'text';
  cell: (row: Row) => Markup | string | number;
}

/** A table that scrolls sideways on a narrow page; the first column contains the row headers. */
function renderTable<Row>(caption: string, columns: readonly TableColumn<Row>[], rows: readonly Row[]): Markup {
  const titles = columns.map(({ title, kind }) => markup`<th scope="col"${classOf(kind)}>${title}</th>`);
  const lines = rows.map(
    (row) => markup`<tr>${columns.map((column, i) => renderCell(column, row, i === 0))}</tr>
    `,
  );
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>${caption}</caption>
      <thead><tr>${titles}</tr></thead>
      <tbody>
        ${lines}</tbody>
    </table>
  </div>
  `;
}

function renderCell<Row>({ kind, cell }: TableColumn<Row>, row: Row, isHeading: boolean): Markup {
  if (isHeading) return markup`<th scope="row">${cell(row)}</th>`;
  return markup`<td${classOf(kind)}>${cell(row)}</td>`;
}

function classOf(kind: TableColumn<unknown>['kind']): Markup {
  if (kind === 'number') return markup` class="n"`;
  return kind === 'text' ? markup` class="t"` : markup``;
}

/** A part of a symbol's section under a heading of its own. */
export function renderSection(title: string, body: Markup): Markup {
  return markup`<section class="part">
    <h3>${title}</h3>
    ${body}
  </section>
  `;
}

export function renderBlockers({ blockers }: ReportWindow): Markup {
  return renderTable(
    'What keeps the window from being ready (UTC)',
    [
      { title: 'Minutes', cell: formatStretch },
      { title: 'Count', kind: 'number', cell: ({ minutes }) => formatCount(minutes) },
      { title: 'Reason', kind: 'text', cell: ({ reason }) => reason },
    ],
    blockers,
  );
}

export function renderGaps(gaps: readonly ReportGap[]): Markup {
  if (gaps.length === 0) return nothing('Every minute of the range has a row.');
  return renderTable(
    'Minutes of the range without a row (UTC)',
    [
      { title: 'Minutes', cell: formatStretch },
      { title: 'Length', kind: 'number', cell: ({ from, to }) => formatDuration(to - from) },
      { title: 'Cause', kind: 'text', cell: ({ cause }) => cause },
      { title: 'Kind', cell: ({ kind }) => kind },
      {
        title: 'Next request',
        cell: ({ askAgainAt }) => (askAgainAt === null ? NO_VALUE : formatTime(askAgainAt)),
      },
    ],
    gaps,
  );
}

export function renderFlags(flags: readonly FlagRecord[]): Markup {
  if (flags.length === 0) return nothing('No row of the range was ever flagged.');
  return renderTable(
    'Flags on rows of the range, open and settled (UTC)',
    [
      { title: 'Minute', cell: ({ minute }) => formatTime(minute) },
      { title: 'Rule', cell: ({ rule }) => rule },
      { title: 'Value', kind: 'number', cell: ({ value }) => formatFigure(value) },
      { title: 'Threshold', kind: 'number', cell: ({ threshold }) => formatFigure(threshold) },
      { title: 'State', cell: ({ state, isKept }) => (isKept ? `${state}, kept flagged` : state) },
      { title: 'Reason', kind: 'text', cell: ({ reason }) => reason ?? NO_VALUE },
    ],
    flags,
  );
}

/** The hours as candles with their coverage: the chart's content in a form that a screen reader can read. */
export function renderHours({ hours, rows }: SymbolReport): Markup {
  const price = Math.max(
    ...([rows.open, rows.high, rows.low, rows.close] as const).map((column) => countDecimals(column) ?? 8),
  );
  const volume = countDecimals(rows.volume) ?? 8;
  const figure = (pick: (candle: NonNullable<HourCandle['candle']>) => number, decimals: number) => {
    return ({ candle }: HourCandle) => (candle ? pick(candle).toFixed(decimals) : NO_VALUE);
  };
  return renderTable<HourCandle>(
    'Candles of one hour (UTC)',
    [
      { title: 'Hour', cell: ({ from }) => formatTime(from) },
      { title: 'Open', kind: 'number', cell: figure(({ open }) => open, price) },
      { title: 'High', kind: 'number', cell: figure(({ high }) => high, price) },
      { title: 'Low', kind: 'number', cell: figure(({ low }) => low, price) },
      { title: 'Close', kind: 'number', cell: figure(({ close }) => close, price) },
      { title: 'Volume', kind: 'number', cell: figure((candle) => candle.volume, volume) },
      { title: 'Minutes', kind: 'number', cell: ({ minutes }) => minutes },
      { title: 'Rows', kind: 'number', cell: (hour) => hour.rows },
      { title: 'Valid', kind: 'number', cell: ({ valid }) => valid },
      { title: 'Flagged', kind: 'number', cell: ({ flagged }) => flagged },
    ],
    hours,
  );
}

export function renderJobs({ tallies, latest }: ReportJobs): Markup {
  if (tallies.length === 0) return nothing('No job over this symbol was recorded.');
  const counted = renderTable(
    'Runs by command',
    [
      { title: 'Command', cell: ({ command }) => command },
      { title: 'Runs', kind: 'number', cell: ({ runs }) => formatCount(runs) },
      { title: 'Not done', kind: 'number', cell: ({ troubled }) => formatCount(troubled) },
      { title: 'Last started (UTC)', cell: ({ lastStartedAt }) => formatInstant(lastStartedAt) },
    ],
    tallies,
  );
  if (latest.length === 0) return counted;
  const listed = renderTable(
    'The latest runs, without successful ingests',
    [
      { title: 'Job', cell: ({ id }) => id },
      { title: 'Started (UTC)', cell: ({ startedAt }) => formatInstant(startedAt) },
      { title: 'Command', cell: ({ command }) => command },
      { title: 'Outcome', cell: ({ outcome }) => outcome },
      { title: 'Seconds', kind: 'number', cell: formatSeconds },
      { title: 'Counts', kind: 'text', cell: ({ counts }) => formatCounts(counts) },
      { title: 'Arguments', kind: 'text', cell: (job) => formatArguments(job.arguments) },
      { title: 'Error', kind: 'text', cell: ({ error }) => error ?? NO_VALUE },
    ],
    latest,
  );
  return markup`${counted}${listed}`;
}

export function renderTrainings(trainings: readonly ReportTraining[]): Markup {
  if (trainings.length === 0) return nothing('No export and no training was recorded yet.');
  return renderTable(
    'Training marks and exported files, newest first (UTC)',
    [
      { title: 'At', cell: ({ trainedAt }) => formatInstant(trainedAt) },
      { title: 'Kind', cell: ({ kind }) => kind },
      {
        title: 'Minutes',
        cell: ({ from, to }) => (from === null || to === null ? NO_VALUE : formatStretch({ from, to })),
      },
      { title: 'Rows', kind: 'number', cell: ({ rows }) => (rows === null ? NO_VALUE : formatCount(rows)) },
      { title: 'Job', kind: 'number', cell: ({ jobId }) => jobId ?? NO_VALUE },
      { title: 'File', kind: 'text', cell: ({ file }) => file ?? NO_VALUE },
      { title: 'SHA-256', kind: 'text', cell: ({ sha256 }) => sha256 ?? NO_VALUE },
    ],
    trainings,
  );
}

function nothing(sentence: string): Markup {
  return markup`<p class="nothing">${sentence}</p>
  `;
}

function formatSeconds({ startedAt, finishedAt }: ReportJobs['latest'][number]): string {
  return finishedAt === null ? NO_VALUE : ((finishedAt - startedAt) / 1000).toFixed(1);
}

function formatCounts(counts: Readonly<Record<string, number>>): string {
  const done = Object.entries(counts).filter(([, count]) => count > 0);
  return done.length > 0 ? done.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ') : NO_VALUE;
}

/** The arguments as JSON: `{"from":"2025-06-01T12:00Z"}`. */
function formatArguments(given: object): string {
  return Object.keys(given).length > 0 ? JSON.stringify(given) : NO_VALUE;
}
