import * as assert from 'uvu/assert';
import { TrainingCsvBuffer } from '../../../src/tables/rolling-chart-data/training-csv.js';
import { group } from '../../harness/group.js';

/** A buffer with the server's lines. */
function gather(symbol: string, lines: readonly string[]): TrainingCsvBuffer {
  const gatherer = new TrainingCsvBuffer(symbol, 1);
  for (const line of lines) gatherer.append(Buffer.from(line));
  return gatherer;
}

const textOf = ({ lines }: TrainingCsvBuffer) => Buffer.from(lines.bytes).toString();

group('CsvGatherer', (test) => {
  test('puts the symbol first and writes the time as ISO 8601', () => {
    const gatherer = gather('BTCUSDT', ['2025-06-01 12:34:00,,1.5,1e-08,,BINANCE\n']);
    assert.is(textOf(gatherer), 'BTCUSDT,2025-06-01T12:34:00Z,1.5,1e-08,,BINANCE\n');
    assert.is(gatherer.lines.length, 1);
  });

  test('leaves out rows off the whole minute, and does not count them', () => {
    const gatherer = gather('A', [
      '2025-06-01 12:34:01,,1\n',
      '2025-06-01 12:34:00.5,,2\n',
      '2025-06-01 12:35:00,,3\n',
    ]);
    assert.is(textOf(gatherer), 'A,2025-06-01T12:35:00Z,3\n');
    assert.is(gatherer.lines.length, 1);
  });

  test('stores megabytes of lines unchanged, also after it was cleared', () => {
    const numbers = '0.1234567890123456,'.repeat(18);
    const lines = Array.from({ length: 10_000 }, (_, i) => `2025-06-01 12:${10 + (i % 50)}:00,,${numbers}${i}\n`);
    const gatherer = gather('BTCUSDT', lines);
    const expected = lines.map((line) => `BTCUSDT,${line.replace(' ', 'T').replace(',,', 'Z,')}`);
    assert.ok(textOf(gatherer) === expected.join(''));
    gatherer.clear();
    assert.equal([gatherer.lines.length, gatherer.lines.bytes.length], [0, 0]);
    for (const line of lines.slice(0, 3)) gatherer.append(Buffer.from(line));
    assert.is(textOf(gatherer), expected.slice(0, 3).join(''));
  });

  test('a time in another format is an error that shows it', () => {
    assert.throws(
      () => gather('A', ['01.06.2025 12:34:00,,1\n']),
      /the row of "01\.06\.2025 12:34:00" cannot be written/,
    );
  });
});
