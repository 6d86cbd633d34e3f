import { HOUR_MS } from '../../core/minute.js';
import { markup, type Markup } from '../markup.js';
import type { HourCandle } from '../report-data.js';
import { GRADES, gradeOf } from './grade.js';
import { joinHours } from '../hour-candles.js';

/** A longer range has one cell a day instead of an hour. */
const MAX_DAYS_BY_HOUR = 45;

/** What a row and a cell of the table are. */
interface Layout {
  title: string;
  caption: string;
  rowTitle: string;
  rowOf: (from: number) => string;
  cells: readonly string[];
  cellOf: (from: number) => number;
}

const BY_HOUR: Layout = {
  title: 'Coverage by hour',
  caption: 'Valid minutes of each hour (UTC)',
  rowTitle: 'Day',
  rowOf: (from) => new Date(from).toISOString().slice(0, 10),
  cells: Array.from({ length: 24 }, (_, hour) => twoDigits(hour)),
  cellOf: (from) => (from / HOUR_MS) % 24,
};

const BY_DAY: Layout = {
  title: 'Coverage by day',
  caption: 'Valid minutes of each day (UTC)',
  rowTitle: 'Month',
  rowOf: (from) => new Date(from).toISOString().slice(0, 7),
  cells: Array.from({ length: 31 }, (_, day) => twoDigits(day + 1)),
  cellOf: (from) => new Date(from).getUTCDate() - 1,
};

/** A calendar: one row a day and one cell an hour, or one row a month and one cell a day, shaded by the valid share. */
export function renderCoverage(hours: readonly HourCandle[]): { title: string; table: Markup } {
  const isByHour = hours.length <= MAX_DAYS_BY_HOUR * 24;
  const layout = isByHour ? BY_HOUR : BY_DAY;
  const rows = new Map<string, HourCandle[]>();
  for (const part of isByHour ? hours : joinHours(hours, 24)) {
    const row = layout.rowOf(part.from);
    rows.set(row, [...(rows.get(row) ?? []), part]);
  }
  const table = markup`<div class="scroll" role="region" aria-label="${layout.caption}" tabindex="0">
      <table class="coverage${isByHour ? '' : ' by-day'}">
        <caption>${layout.caption}</caption>
        <thead>
          <tr><th scope="col">${layout.rowTitle}</th>${layout.cells.map((cell) => markup`<th scope="col">${cell}</th>`)}</tr>
        </thead>
        <tbody>
          ${[...rows].map(([row, found]) => renderRow(layout, row, found))}</tbody>
      </table>
    </div>
    <p class="key">${GRADES.map(({ name, meaning }) => markup`<span><i class="${name}"></i>${meaning}</span>`)}</p>
  `;
  return { title: layout.title, table };
}

function renderRow({ cells, cellOf }: Layout, row: string, parts: readonly HourCandle[]): Markup {
  const byCell = new Map(parts.map((part) => [cellOf(part.from), part]));
  const rendered = cells.map((_, cell) => {
    const found = byCell.get(cell);
    return found ? markup`<td class="${gradeOf(found)}">${found.valid}</td>` : markup`<td></td>`;
  });
  return markup`<tr><th scope="row">${row}</th>${rendered}</tr>
  `;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
