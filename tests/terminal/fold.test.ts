import * as assert from 'uvu/assert';
import { foldLines, foldText } from '../../src/terminal/fold.js';
import { displayWidth } from '../../src/terminal/text.js';
import { group } from '../harness/group.js';

group('text in lines of a width', (test) => {
  test('is broken between words, and later lines are indented', () => {
    assert.equal(foldText('  one two three four', 11, '    '), ['  one two', '    three', '    four']);
    assert.equal(foldText('it fits', 7), ['it fits']);
    assert.equal(foldText('a averylongword b', 6), ['a', 'averylongword', 'b']);
  });

  test('wide characters count twice', () => {
    assert.equal(foldText('币安 人生', 8), ['币安', '人生']);
  });

  test('a command is continued with a backslash, so that a copy of it runs', () => {
    const command = 'chartctl backfill BTCUSDT --from 2025-06-01T12:00Z --to 2025-06-01T13:00Z --fill-gaps';
    const lines = foldLines([`  or fill it: ${command}`], 60);
    assert.ok(lines.length > 1 && lines.every((line) => displayWidth(line) <= 60), lines.join('\n'));
    const copied = lines
      .join('\n')
      .replace('  or fill it: ', '')
      .replaceAll(/ \\\n +/g, ' ');
    assert.is(copied, command);
  });

  test('a command at the end of a sentence has lines of its own', () => {
    const lines = foldLines(
      ['BTCUSDT: an older gap remains, which is long; run: chartctl backfill BTCUSDT --days 3'],
      50,
    );
    assert.equal(lines, ['BTCUSDT: an older gap remains, which is long; run:', '  chartctl backfill BTCUSDT --days 3']);
  });

  test('the variables and the npx before a command belong to it', () => {
    const command = 'CHARTCTL_DATA_DIR=.chartctl-demo/generated npx chartctl export-training-set --all --out train.csv';
    const lines = foldLines([`  ${command}`], 60);
    assert.ok(lines.length > 1);
    assert.is(
      lines
        .join('\n')
        .trim()
        .replaceAll(/ \\\n +/g, ' '),
      command,
    );
  });

  test('a sentence that mentions a command has no backslash, and a command with quotes stays whole', () => {
    const sentence = 'hint:  chartctl list shows the stored symbols and how many rows each of them has';
    assert.not.match(foldLines([sentence], 40).join('\n'), '\\');
    const quoted = `  do: chartctl retire BTCUSDT --reason 'was renamed to another name'`;
    assert.equal(foldLines([quoted], 40), [quoted]);
  });

  test('without a width nothing is broken', () => {
    const line = `do: chartctl clean ${'BTCUSDT '.repeat(50)}`;
    assert.equal(foldLines([line]), [line]);
  });
});
