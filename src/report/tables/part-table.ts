import { countDecimals } from '../payload/column-codec.js';
import { HOUR_MS } from '../../core/minute.js';
import { formatTime, NO_VALUE } from '../format-figures.js';
import { joinHours } from '../hour-candles.js';
import type { Markup } from '../markup.js';
import type { HourCandle, SymbolReport } from '../report-data.js';
import { linkToPlace, type TablePlace } from './place-link.js';
import { renderTable, type Table } from './table.js';

/** The parts that the rows of a table can be; a table has at most `MAX_PARTS` of them. */
const PARTS = [
  { title: 'Hour by hour', caption: 'Candles of one hour (UTC)', hours: 1 },
  { title: 'Day by day', caption: 'Candles of one day (UTC)', hours: 24 },
  { title: 'Week by week', caption: 'Candles of one week (UTC)', hours: 168 },
] as const;
const MAX_PARTS = 7 * 24;

type PartRow = HourCandle & { hours: number; decimals: { price: number; volume: number }; place: TablePlace };

const figure = (pick: (candle: NonNullable<HourCandle['candle']>) => number, kind: 'price' | 'volume') => {
  return ({ candle, decimals }: PartRow) => (candle ? pick(candle).toFixed(decimals[kind]) : NO_VALUE);
};

export const PART_TABLE: Table<PartRow> = {
  name: 'parts',
  columns: [
    {
      title: 'From',
      cell: ({ place, from, hours }) => {
        const text = hours === 1 ? formatTime(from) : formatTime(from).slice(0, 10);
        return linkToPlace(place, { from, to: from + hours * HOUR_MS }, text);
      },
    },
    { title: 'Open', kind: 'number', cell: figure(({ open }) => open, 'price') },
    { title: 'High', kind: 'number', cell: figure(({ high }) => high, 'price') },
    { title: 'Low', kind: 'number', cell: figure(({ low }) => low, 'price') },
    { title: 'Close', kind: 'number', cell: figure(({ close }) => close, 'price') },
    { title: 'Volume', kind: 'number', cell: figure(({ volume }) => volume, 'volume') },
    { title: 'Minutes', kind: 'number', cell: ({ minutes }) => minutes },
    { title: 'Rows', kind: 'number', cell: ({ rows }) => rows },
    { title: 'Valid', kind: 'number', cell: ({ valid }) => valid },
    { title: 'Flagged', kind: 'number', cell: ({ flagged }) => flagged },
  ],
};

/** The range in hours, days or weeks, each a candle with its coverage: the chart's content for a screen reader. */
export function renderParts({ hours, rows }: SymbolReport, place: TablePlace): { title: string; table: Markup } {
  const part = PARTS.find((found) => hours.length / found.hours <= MAX_PARTS) ?? PARTS.at(-1)!;
  const prices = [rows.open, rows.high, rows.low, rows.close].map((column) => countDecimals(column) ?? 8);
  const decimals = { price: Math.max(...prices), volume: countDecimals(rows.volume) ?? 8 };
  const parts = joinHours(hours, part.hours).map((found) => ({ ...found, hours: part.hours, decimals, place }));
  return { title: part.title, table: renderTable(PART_TABLE, part.caption, parts) };
}
