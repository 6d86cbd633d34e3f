import { markup, type Markup } from './markup.js';

/** A column of a table: its heading, and what stands in it. */
export interface TableColumn<Row> {
  title: string;
  /** Numbers stand to the right, one digit under the other; long texts may break. */
  kind?: 'number' | 'text';
  cell: (row: Row) => Markup | string | number;
}

/** A table that can be scrolled sideways by itself where the page is narrow; the first column heads its rows. */
export function renderTable<Row>(caption: string, columns: readonly TableColumn<Row>[], rows: readonly Row[]): Markup {
  const titles = columns.map(({ title, kind }) => markup`<th scope="col"${classOf(kind)}>${title}</th>`);
  const lines = rows.map(
    (row) => markup`<tr>${columns.map((column, i) => renderCell(column, row, i === 0))}</tr>
    `,
  );
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>${caption}</caption>
      <thead><tr>${titles}</tr></thead>
      <tbody>
        ${lines}</tbody>
    </table>
  </div>
  `;
}

function renderCell<Row>({ kind, cell }: TableColumn<Row>, row: Row, isHeading: boolean): Markup {
  if (isHeading) return markup`<th scope="row">${cell(row)}</th>`;
  return markup`<td${classOf(kind)}>${cell(row)}</td>`;
}

function classOf(kind: TableColumn<unknown>['kind']): Markup {
  if (kind === 'number') return markup` class="n"`;
  return kind === 'text' ? markup` class="t"` : markup``;
}
