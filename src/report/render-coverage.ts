import { HOUR_MS } from '../core/minute.js';
import { markup, type Markup } from './markup.js';
import type { HourCandle } from './report-data.js';

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** A table with one row a day and one cell an hour: the number of valid minutes, shaded by their share. */
export function renderCoverage(hours: readonly HourCandle[]): Markup {
  const days = new Map<string, HourCandle[]>();
  for (const hour of hours) {
    const day = new Date(hour.from).toISOString().slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), hour]);
  }
  return markup`<div class="scroll" role="region" aria-label="Valid minutes of each hour" tabindex="0">
      <table class="coverage">
        <caption>Valid minutes of each hour (UTC)</caption>
        <thead>
          <tr><th scope="col">Day</th>${HOURS.map((hour) => markup`<th scope="col">${twoDigits(hour)}</th>`)}</tr>
        </thead>
        <tbody>
          ${[...days].map(([day, found]) => renderDay(day, found))}</tbody>
      </table>
    </div>
    <p class="key">${GRADES.map(({ name, meaning }) => markup`<span><i class="${name}"></i>${meaning}</span>`)}</p>
  `;
}

const GRADES = [
  { name: 'full', meaning: 'every minute valid' },
  { name: 'most', meaning: 'two thirds' },
  { name: 'some', meaning: 'one third' },
  { name: 'few', meaning: 'less, or rows of which none is valid' },
  { name: 'none', meaning: 'no row' },
] as const;

function renderDay(day: string, hours: readonly HourCandle[]): Markup {
  const byHour = new Map(hours.map((hour) => [(hour.from / HOUR_MS) % 24, hour]));
  const cells = HOURS.map((hour) => {
    const found = byHour.get(hour);
    return found ? markup`<td class="${gradeOf(found)}">${found.valid}</td>` : markup`<td></td>`;
  });
  return markup`<tr><th scope="row">${day}</th>${cells}</tr>
  `;
}

function gradeOf({ minutes, rows, valid }: HourCandle): (typeof GRADES)[number]['name'] {
  if (rows === 0) return 'none';
  if (valid === minutes) return 'full';
  if (valid * 3 >= minutes * 2) return 'most';
  return valid * 3 >= minutes ? 'some' : 'few';
}

function twoDigits(hour: number): string {
  return String(hour).padStart(2, '0');
}
