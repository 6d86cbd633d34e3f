import type { RowImage } from '../store/history-rows.js';

/** The columns that tell people what a row is: its candle, where it came from, what is held against it. */
const SHOWN = ['open', 'high', 'low', 'close', 'volume', 'source', 'hasmissingdata', 'iscomplete', 'written_at'];

/** What differs between two states of a row, as `volume 5 -> 10`; the whole row where there was none on one side. */
export function formatRowChange(before: RowImage | null, after: RowImage | null): string {
  if (!before && !after) return 'there was no row';
  if (!before) return formatRow(after!);
  if (!after) return `${formatRow(before)} -> no row`;
  const changed = SHOWN.filter((name) => format(before[name]) !== format(after[name]));
  if (changed.length === 0) return 'only indicators differ';
  return changed.map((name) => `${name} ${format(before[name])} -> ${format(after[name])}`).join(', ');
}

function formatRow(row: RowImage): string {
  return SHOWN.map((name) => `${name} ${format(row[name])}`).join(', ');
}

function format(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
