import * as assert from 'uvu/assert';
import { formatTable } from '../../src/terminal/table.js';
import { displayWidth } from '../../src/terminal/text.js';
import { group } from '../harness/group.js';

group('formatTable', (test) => {
  const columns = [
    { title: 'symbol', cell: (row: Row) => row.symbol },
    { title: 'rows', cell: (row: Row) => row.rows },
    { title: 'ready', cell: (row: Row) => row.isReady },
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

  test('only the title line is coloured', () => {
    const text = formatTable(columns, [{ symbol: 'A', rows: 1, isReady: true }], (title) => `<${title}>`);
    assert.is(text, '<symbol  rows  ready>\nA          1  yes\n');
  });

  test('columns that do not fit into the line go to tables below, each with the first column', () => {
    const rows = [{ symbol: 'BTCUSDT', rows: 1_234_567, isReady: true }];
    const whole = 'symbol        rows  ready\nBTCUSDT  1,234,567  yes\n';
    assert.is(formatTable(columns, rows, undefined, 25), whole);
    assert.is(
      formatTable(columns, rows, undefined, 24),
      'symbol        rows\nBTCUSDT  1,234,567\n\nsymbol   ready\nBTCUSDT  yes\n',
    );
    // a line too short for two columns is broken all the same
    assert.is(formatTable(columns, rows, undefined, 1).split('\n\n').length, 2);
  });

  test('a price has six significant digits', () => {
    assert.match(formatTable([{ title: 'limit', cell: (row: number) => row }], [0.000012345678]), '0.0000123457');
  });
});

interface Row {
  symbol: string;
  rows: number | null;
  isReady: boolean | null;
}
