import { displayWidth, escapeControls, formatCount } from './text.js';

export type Cell = string | number | boolean | null | undefined;

/** A column of a table: its title and how a row's cell is found. */
export interface Column<Row> {
  title: string;
  cell: (row: Row) => Cell;
}

/**
 * Rows as lines of aligned columns, two spaces apart; numbers are right-aligned, everything else left.
 *
 * @param paintTitle colours the line of titles
 * @param lineWidth columns that do not fit go to further tables below, each with the first column
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paintTitle: (title: string) => string = (title) => title,
  lineWidth = Infinity,
): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const texts = cells.map((line) => line.map(formatCell));
  const isNumeric = columns.map((_, i) => cells.length > 0 && cells.every((line) => isNumberOrNothing(line[i])));
  const widths = columns.map((column, i) =>
    Math.max(...[column.title, ...texts.map((line) => line[i]!)].map(displayWidth)),
  );
  const titles = columns.map((column) => column.title);
  const tables = foldColumns(widths, lineWidth).map((places) => {
    const format = (line: readonly string[]) =>
      places
        .map((i) => pad(line[i]!, widths[i]!, isNumeric[i]!))
        .join('  ')
        .trimEnd();
    return [paintTitle(format(titles)), ...texts.map(format)].map((line) => `${line}\n`).join('');
  });
  return tables.join('\n');
}

/** Divides the columns, by their indices, into tables that fit into a line; the first column is in all of them. */
function foldColumns(widths: readonly number[], lineWidth: number): number[][] {
  const tables: number[][] = [[]];
  let used = 0;
  widths.forEach((width, i) => {
    const needed = (i === 0 ? 0 : 2) + width;
    const isFull = used + needed > lineWidth && tables.at(-1)!.length > 1;
    if (isFull) tables.push([0]);
    used = isFull ? widths[0]! + needed : used + needed;
    tables.at(-1)!.push(i);
  });
  return tables;
}

/** `1234567` as `1,234,567`, a boolean as yes or no, null as `-`; line breaks in a text become spaces. */
export function formatCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell === 'string') return escapeControls(cell).replace(/[\n\t]/g, ' ');
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
