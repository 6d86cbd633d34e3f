import { COLUMN_GAP, type ColumnExtent, fitColumns, sumWidths } from './fit-columns.js';
import { foldText } from './fold.js';
import { displayWidth, escapeControls, formatCount } from './text.js';

export type Cell = string | number | boolean | null | undefined;

/** Whether a cell is shown in a colour; the words of the cell say the same. */
export type Tone = 'good' | 'bad' | 'warning' | undefined;

/** A column of a table: its title, how a row's cell is found, and what it is worth where room is scarce. */
export interface Column<Row> {
  title: string;
  cell: (row: Row) => Cell;
  /** Right-aligned although its cells are texts, such as `5 s`. Numbers always are. */
  isRight?: boolean;
  /** Shown although it is zero or empty in every row; other columns are left out then. */
  isKept?: boolean;
  /** Said once above the table where it is the same for all rows; of a single row, if its line is too long. */
  isShared?: boolean;
  /** Added up in the row of totals. */
  isSum?: boolean;
  /** Columns of the lowest importance are left out first where the line is too short; those without never are. */
  importance?: number;
  tone?: (row: Row) => Tone;
}

/** The colours of a table. */
type TablePaint = Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>;

/** How a table is shown. */
export interface TableView {
  paint?: TablePaint | undefined;
  /** The width of the terminal; undefined: lines of any length. */
  columns?: number | undefined;
  /** Rows that are shown; the others are counted. */
  maxRows?: number | undefined;
  /** Whether a row of totals follows. */
  hasTotals?: boolean | undefined;
}

const PLAIN: TablePaint = { bold: same, dim: same, red: same, green: same, yellow: same };
const TONES = { good: 'green', bad: 'red', warning: 'yellow' } as const;
/** The least room in which cells of the last column are folded. */
const MIN_FOLDED_WIDTH = 24;
/** What does not fit into the last column stands below its row. */
const OVERFLOW_INDENT = '    ';

/**
 * Rows as lines of aligned columns, two spaces apart; numbers are right-aligned.
 *
 * Columns that are zero or empty in all rows are left out. What is the same in all rows may be said once above. In a
 * terminal the table fits its width: the least important columns are left out, and the last column is folded.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], view: TableView = {}): string {
  const { paint = PLAIN, columns: lineWidth = Infinity, maxRows = Infinity } = view;
  const whole = rows.length === 1 ? layOut(columns, rows, view, false) : undefined;
  const table =
    whole && sumWidths(whole.columns.map(({ width }) => width)) <= lineWidth ? whole : layOut(columns, rows, view);
  const places = fitColumns(table.columns.map(toExtent), lineWidth);
  const shown = places.map((place) => table.columns[place]!);
  const dropped = table.columns.filter((column) => !shown.includes(column)).map(({ title }) => title);

  const formatStrong = (texts: readonly string[]) =>
    formatLine(shown, texts, lineWidth).map((line) => paint.bold(line));
  const body = rows.slice(0, maxRows).flatMap((row, at) => {
    const paintCell = (text: string, i: number) => {
      const tone = shown[i]!.column.tone?.(row);
      return tone ? paint[TONES[tone]](text) : text;
    };
    const texts = shown.map(({ cells }) => cells[at]!);
    return formatLine(shown, texts, lineWidth, paintCell);
  });
  const hidden = rows.length - Math.min(rows.length, maxRows);
  const lines = [
    ...table.shared.flatMap((text) => foldText(text, lineWidth, '  ')),
    ...formatStrong(shown.map(({ title }) => title)),
    ...body,
    ...(hidden > 0 ? [`and ${formatCount(hidden)} more; --verbose shows all`] : []),
    ...(table.columns.some(({ total }, i) => i > 0 && total !== '' && total !== '0')
      ? formatStrong(shown.map(({ total }) => total))
      : []),
    ...(dropped.length > 0 ? foldText(describeDropped(dropped), lineWidth, '  ').map((line) => paint.dim(line)) : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A column as it is shown: its title, its cells and its total as texts. */
interface LaidOutColumn<Row> {
  column: Column<Row>;
  title: string;
  cells: string[];
  total: string;
  isRight: boolean;
  width: number;
  /** Cells of the last column may be folded. */
  isFolded: boolean;
}

/** The columns that say something, and what is said once for all rows. */
function layOut<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { maxRows = Infinity, hasTotals = false }: TableView,
  isSharing = true,
): { columns: LaidOutColumn<Row>[]; shared: string[] } {
  const laidOut: LaidOutColumn<Row>[] = [];
  const shared: string[] = [];
  for (const [i, column] of columns.entries()) {
    const found = rows.map((row) => column.cell(row));
    const common = isSharing && column.isShared ? findShared(found) : undefined;
    if (common !== undefined) shared.push(`${column.title}: ${common}`);
    if (common !== undefined || (i > 0 && !column.isKept && found.every(isNothing))) continue;
    const cells = found.slice(0, maxRows).map(formatCell);
    const total = !hasTotals || i === 0 ? '' : column.isSum ? formatCell(sum(found)) : '';
    const isRight = column.isRight === true || (i > 0 && found.every(isNumberOrNothing));
    const width = Math.max(...[column.title, ...cells, total].map(displayWidth));
    laidOut.push({ column, title: column.title, cells, total, isRight, width, isFolded: false });
  }
  const first = laidOut[0];
  if (first && hasTotals) {
    first.total = 'total';
    first.width = Math.max(first.width, displayWidth(first.total));
  }
  const last = laidOut.at(-1);
  if (last && laidOut.length > 1) last.isFolded = !last.isRight;
  return { columns: laidOut, shared };
}

function toExtent<Row>({ title, width, isFolded, column }: LaidOutColumn<Row>): ColumnExtent {
  const least = Math.max(MIN_FOLDED_WIDTH, displayWidth(title));
  return { width, minWidth: isFolded ? Math.min(width, least) : width, importance: column.importance };
}

function describeDropped(titles: readonly string[]): string {
  return `(no room for: ${titles.join(', ')}; a wider terminal and --json have them)`;
}

/** A row of the table. What does not fit into its last column is folded there, or below if that has too little room. */
function formatLine(
  shown: readonly Pick<LaidOutColumn<unknown>, 'width' | 'isRight'>[],
  texts: readonly string[],
  lineWidth: number,
  paintCell: (text: string, i: number) => string = same,
): string[] {
  const padded = texts.map((text, i) => {
    const { width, isRight } = shown[i]!;
    const space = ' '.repeat(width - displayWidth(text));
    return isRight ? space + paintCell(text, i) : paintCell(text, i) + space;
  });
  const gap = ' '.repeat(COLUMN_GAP);
  const last = shown.length - 1;
  const indent = sumWidths(shown.map(({ width }) => width)) - shown[last]!.width;
  const room = lineWidth - indent;
  if (shown[last]!.isRight || displayWidth(texts[last]!) <= room) return [padded.join(gap).trimEnd()];
  const start = padded
    .slice(0, last)
    .map((cell) => cell + gap)
    .join('');
  const folded = foldText(texts[last]!, room);
  if (folded.every((part) => displayWidth(part) <= room)) {
    return folded.map((part, i) => (i === 0 ? start : ' '.repeat(indent)) + paintCell(part, last));
  }
  const below = foldText(OVERFLOW_INDENT + texts[last]!, lineWidth, OVERFLOW_INDENT);
  return [start.trimEnd(), ...below.map((part) => paintCell(part, last))].filter((line) => line !== '');
}

/** `1234567` as `1,234,567`, a boolean as yes or no, null as `-`; line breaks in a text become spaces. */
export function formatCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell === 'string') return escapeControls(cell).replace(/[\n\t]/g, ' ');
  if (Number.isSafeInteger(cell)) return formatCount(cell);
  return cell.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}

/** The text of cells that are all the same; undefined when they differ or are all empty. */
function findShared(cells: readonly Cell[]): string | undefined {
  const [first] = cells;
  return first !== undefined && first !== null && cells.every((cell) => cell === first) ? formatCell(first) : undefined;
}

function isNothing(cell: Cell): boolean {
  return cell === 0 || cell === null || cell === undefined || cell === '';
}

function isNumberOrNothing(cell: Cell): boolean {
  return typeof cell === 'number' || cell === null || cell === undefined;
}

function sum(cells: readonly Cell[]): number {
  return cells.reduce<number>((total, cell) => total + (typeof cell === 'number' ? cell : 0), 0);
}

function same(text: string): string {
  return text;
}
