import { MINUTE_MS } from '../../core/minute.js';
import { countMinutes, type MinuteRange } from '../../core/range.js';
import { formatStretch } from '../format-figures.js';
import { type Markup, markup } from '../markup.js';

/** Where a table stands: its symbol's section, and what the chart of it shows. */
export interface TablePlace {
  /** Of the section. */
  id: string;
  range: MinuteRange;
}

/** A stretch as a link to its place on the chart; only text where it is outside the chart. */
export function linkToPlace({ id, range }: TablePlace, stretch: MinuteRange, text = formatStretch(stretch)): Markup {
  const isOnChart = stretch.from < range.to && stretch.to > range.from;
  return isOnChart ? markup`<a href="#${formatPlace(id, stretch)}">${text}</a>` : markup`${text}`;
}

const PLACE = /^#(symbol-\d+)\/(\d{4}-\d\d-\d\dT\d\d:\d\d)\/(\d+)$/;

/** `symbol-1/2023-03-24T12:40/80`: the part of a page's address that names 80 minutes on a chart. */
function formatPlace(id: string, stretch: MinuteRange): string {
  return `${id}/${new Date(stretch.from).toISOString().slice(0, 16)}/${Math.max(1, countMinutes(stretch))}`;
}

/** Reads such a part of an address; null when it is not one. */
export function parsePlace(hash: string): { id: string; stretch: MinuteRange } | null {
  const [, id, time, minutes] = PLACE.exec(hash) ?? [];
  const from = Date.parse(`${time}Z`);
  return id === undefined || Number.isNaN(from)
    ? null
    : { id, stretch: { from, to: from + Number(minutes) * MINUTE_MS } };
}
