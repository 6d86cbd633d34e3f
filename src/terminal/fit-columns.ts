/** A column as far as its place in a line is concerned. */
export interface ColumnExtent {
  /** The cells that its title and its widest cell take. */
  width: number;
  /** The width that it needs at least: less than `width` where its cells may be folded. */
  minWidth: number;
  /** The columns of the lowest importance go first; one without stays. */
  importance: number | undefined;
}

/** The space between two columns. */
export const COLUMN_GAP = 2;

/**
 * The columns, by their indices, that fit into a line: the least important ones are left out, of equal ones the last. The
 * first column stays.
 */
export function fitColumns(columns: readonly ColumnExtent[], lineWidth: number): number[] {
  const places = columns.map((_, place) => place);
  while (sumWidths(places.map((place) => columns[place]!.minWidth)) > lineWidth) {
    const droppable = places.filter((place) => place > 0 && columns[place]!.importance !== undefined);
    if (droppable.length === 0) break;
    const least = Math.min(...droppable.map((place) => columns[place]!.importance!));
    const dropped = droppable.findLast((place) => columns[place]!.importance === least)!;
    places.splice(places.indexOf(dropped), 1);
  }
  return places;
}

/** The cells that columns of these widths take beside each other. */
export function sumWidths(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + COLUMN_GAP * Math.max(0, widths.length - 1);
}
