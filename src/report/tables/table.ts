import { type Markup, markup } from '../markup.js';

/** A column of a table: its heading and its cells. */
interface TableColumn<Row> {
  title: string;
  /** Numbers are aligned right; texts may wrap. */
  kind?: 'number' | 'text';
  cell: (row: Row) => Markup | string | number;
}

/** A kind of table of the page. The first column contains the row headers. */
export interface Table<Row> {
  /** The class of its tables. */
  name: string;
  columns: readonly TableColumn<Row>[];
}

/** A table in a region that scrolls sideways where it must. On a phone its rows are a list. */
export function renderTable<Row>({ name, columns }: Table<Row>, caption: string, rows: readonly Row[]): Markup {
  const lines = rows.map(
    (row) => markup`<tr>${columns.map((column, i) => renderCell(column, row, i === 0))}</tr>
    `,
  );
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="${name}">
      <caption>${caption}</caption>
      <thead><tr>${columns.map(({ title }) => markup`<th scope="col">${title}</th>`)}</tr></thead>
      <tbody>
        ${lines}</tbody>
    </table>
  </div>
  `;
}

function renderCell<Row>({ kind, cell }: TableColumn<Row>, row: Row, isHeading: boolean): Markup {
  if (isHeading) return markup`<th scope="row">${cell(row)}</th>`;
  return kind === 'text' ? markup`<td class="t">${cell(row)}</td>` : markup`<td>${cell(row)}</td>`;
}

/**
 * The style rules of tables: which columns are numbers, and on a phone, where there is no heading, the title of each cell.
 * A rule for a column takes less space than a class in each of its cells.
 */
export function styleTables(tables: readonly Pick<Table<never>, 'name' | 'columns'>[]): string {
  const numbers: string[] = [];
  const titles: string[] = [];
  for (const { name, columns } of tables) {
    for (const [i, { title, kind }] of columns.entries()) {
      if (kind === 'number') numbers.push(`.${name} :is(th,td):nth-child(${i + 1})`);
      if (i > 0) titles.push(`.${name} td:nth-child(${i + 1})::before{content:${JSON.stringify(title)}}`);
    }
  }
  return `${numbers.join(',')}{text-align:right}@media screen and (max-width:600px){${titles.join('')}}`;
}

/** What stands where a table would be empty. */
export function renderNothing(sentence: string): Markup {
  return markup`<p class="nothing">${sentence}</p>
  `;
}
