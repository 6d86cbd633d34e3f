import { displayWidth } from './display-width.js';
import { formatCount } from './format-count.js';

export type Cell = string | number | boolean | null | undefined;

/** A column of a table for people: its title and how a row's cell is found. */
export interface Column<Row> {
  title: string;
  cell: (row: Row) => Cell;
}

/**
 * Rows as lines of aligned columns, two spaces apart; numbers stand right, everything else left.
 *
 * @param paintTitle colours the line of titles
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paintTitle: (title: string) => string = (title) => title,
): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const texts = cells.map((line) => line.map(formatCell));
  const isNumeric = columns.map((_, i) => cells.length > 0 && cells.every((line) => isNumberOrNothing(line[i])));
  const widths = columns.map((column, i) =>
    Math.max(...[column.title, ...texts.map((line) => line[i]!)].map(displayWidth)),
  );
  const format = (line: readonly string[]) =>
    line
      .map((text, i) => pad(text, widths[i]!, isNumeric[i]!))
      .join('  ')
      .trimEnd();
  const titles = format(columns.map((column) => column.title));
  return [paintTitle(titles), ...texts.map(format)].map((line) => `${line}\n`).join('');
}

/** `1234567` as `1,234,567`, a claim as yes or no, nothing as `-`. */
export function formatCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell === 'string') return cell;
  if (Number.isSafeInteger(cell)) return formatCount(cell);
  return cell.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}

function isNumberOrNothing(cell: Cell): boolean {
  return typeof cell === 'number' || cell === null || cell === undefined;
}

function pad(text: string, width: number, isRight: boolean): string {
  const space = ' '.repeat(width - displayWidth(text));
  return isRight ? space + text : text + space;
}
