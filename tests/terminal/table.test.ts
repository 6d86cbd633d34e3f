import * as assert from 'uvu/assert';
import { type Column, formatTable } from '../../src/terminal/table.js';
import { displayWidth } from '../../src/terminal/text.js';
import { group } from '../harness/group.js';

group('formatTable', (test) => {
  const columns: readonly Column<Row>[] = [
    { title: 'symbol', cell: (row) => row.symbol },
    { title: 'rows', cell: (row) => row.rows },
    { title: 'ready', cell: (row) => row.isReady },
  ];

  test('numbers are right-aligned with thousands separators, everything else left', () => {
    const rows = [
      { symbol: 'BTCUSDT', rows: 1_234_567, isReady: true },
      { symbol: 'A', rows: 5, isReady: false },
    ];
    assert.is(
      formatTable(columns, rows),
      ['symbol        rows  ready', 'BTCUSDT  1,234,567  yes', 'A                5  no', ''].join('\n'),
    );
  });

  test('a text from outside neither ends its line nor moves the cursor', () => {
    const rows = [{ symbol: 'A\n\u001b[2JB\tC', rows: 1, isReady: true }];
    assert.match(formatTable(columns, rows), '\nA \\u001b[2JB C ');
  });

  test('a missing value is a dash and keeps a column of numbers right-aligned', () => {
    const rows = [
      { symbol: 'A', rows: null, isReady: null },
      { symbol: 'B', rows: 10, isReady: true },
    ];
    assert.is(formatTable(columns, rows), 'symbol  rows  ready\nA          -  -\nB         10  yes\n');
  });

  test('styles and wide characters do not shift the columns', () => {
    const rows = [
      { symbol: '\u001b[31m火币\u001b[39m', rows: 1, isReady: true },
      { symbol: 'ABCD', rows: 2, isReady: true },
    ];
    const [, wide, plain] = formatTable(columns, rows).split('\n');
    assert.is(displayWidth(wide!), displayWidth(plain!));
  });

  test('a price has six significant digits', () => {
    const limit: Column<number> = { title: 'limit', cell: (row) => row };
    assert.match(formatTable([{ title: 'name', cell: () => 'A' }, limit], [0.000012345678]), '0.0000123457');
  });

  test('a column that is zero or empty in all rows is left out, unless it is kept', () => {
    const counts: readonly Column<Row>[] = [
      columns[0]!,
      { title: 'zero', cell: () => 0 },
      { title: 'nothing', cell: () => null },
      { title: 'kept', cell: () => 0, isKept: true },
      { title: 'no', cell: () => false },
    ];
    assert.is(
      formatTable(counts, [row('A', 1), row('B', 2)]),
      'symbol  kept  no\nA          0  no\nB          0  no\n',
    );
  });

  test('what is the same in all rows is said once above, if the column is shared', () => {
    const shared = [columns[0]!, { title: 'range', cell: (found: Row) => found.range, isShared: true }, columns[1]!];
    const [first, second] = [row('A', 1), row('B', 2)];
    assert.is(formatTable(shared, [first, second]), 'range: 00:00..12:00\nsymbol  rows\nA          1\nB          2\n');
    const other = { ...second, range: '01:00..12:00' };
    assert.is(formatTable(shared, [first, other]).split('\n')[1], 'A       00:00..12:00     1');
  });

  test('totals count all rows, also those that are not shown', () => {
    const summed = [columns[0]!, { ...columns[1]!, isSum: true }, columns[2]!];
    const rows = [row('A', 1), row('B', 20), row('C', 300)];
    assert.is(
      formatTable(summed, rows, { hasTotals: true, maxRows: 1 }),
      'symbol  rows  ready\nA          1  yes\nand 2 more; --verbose shows all\ntotal    321\n',
    );
    const zero = rows.map((found) => ({ ...found, rows: 0 }));
    assert.not.match(formatTable([columns[0]!, { ...summed[1]!, isKept: true }], zero, { hasTotals: true }), 'total');
  });

  test('titles and totals are bold, and a coloured cell says in words what its colour says', () => {
    const painted: readonly Column<Row>[] = [
      columns[0]!,
      { ...columns[2]!, tone: ({ isReady }) => (isReady ? 'good' : 'bad') },
    ];
    const wrap = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint = { bold: wrap('b'), dim: wrap('dim'), red: wrap('red'), green: wrap('green'), yellow: wrap('y') };
    assert.is(
      formatTable(painted, [row('A', 1), { ...row('B', 2), isReady: false }], { paint }),
      '<b>symbol  ready</b>\nA       <green>yes</green>\nB       <red>no</red>\n',
    );
  });
});

group('a table in a terminal', (test) => {
  const columns: readonly Column<Row>[] = [
    { title: 'symbol', cell: ({ symbol }) => symbol },
    { title: 'weight', cell: ({ rows }) => rows, importance: 1 },
    { title: 'requests', cell: ({ rows }) => rows, importance: 2 },
    { title: 'missing', cell: ({ rows }) => rows },
    { title: 'because', cell: ({ reason }) => reason },
  ];
  const reason = 'the rows of this minute were written by another program';
  const rows = [
    { ...row('BTCUSDT', 12_345), reason },
    { ...row('ETHUSDT', 5), reason: 'x' },
  ];

  test('fits every width: the least important columns go first, and the last one is folded', () => {
    for (let width = 46; width <= 120; width += 1) {
      const lines = formatTable(columns, rows, { columns: width }).split('\n');
      assert.ok(
        lines.every((line) => displayWidth(line) <= width),
        `${width}: ${lines.join('\n')}`,
      );
      assert.match(lines.join(' ').replace(/ +/g, ' '), /written by/);
    }
    assert.is(formatTable(columns, rows, { columns: 120 }).split('\n').length, 4);
  });

  test('names the columns that have no room', () => {
    const titles = (width: number) => formatTable(columns, rows, { columns: width }).split('\n');
    assert.is(titles(59)[0], 'symbol   requests  missing  because');
    assert.equal(titles(59).slice(-3, -1), ['(no room for: weight; a wider terminal and --json have', '  them)']);
    assert.is(titles(48)[0], 'symbol   missing  because');
    assert.match(titles(48).join('\n'), '(no room for: weight, requests;');
    assert.not.match(titles(120).join('\n'), 'no room');
  });

  test('words of the last column that are longer than its room stand below the row', () => {
    const settings: readonly Column<Row>[] = [
      { title: 'symbol', cell: ({ symbol }) => symbol },
      { title: 'value', cell: () => 'https://data-api.binance.vision' },
      { title: 'from', cell: () => 'environment CHARTCTL_ARCHIVE_LISTING_URL' },
    ];
    assert.equal(formatTable(settings, [row('BTCUSDT', 1)], { columns: 60 }).split('\n'), [
      'symbol   value                            from',
      'BTCUSDT  https://data-api.binance.vision',
      '    environment CHARTCTL_ARCHIVE_LISTING_URL',
      '',
    ]);
  });
});

interface Row {
  symbol: string;
  rows: number | null;
  isReady: boolean | null;
  range?: string;
  reason?: string;
}

function row(symbol: string, rows: number): Row & { rows: number; isReady: boolean; range: string } {
  return { symbol, rows, isReady: true, range: '00:00..12:00' };
}
