import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { escapeControls, formatCount } from '../../src/terminal/text.js';
import { group } from '../harness/group.js';

group('escapeControls', (test) => {
  const texts: [string, string][] = [
    ['\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
    ['one\rtwo\u0008\u007f\u009b31m', 'one\\u000dtwo\\u0008\\u007f\\u009b31m'],
    ['\u202eTDSU\u2066x', '\\u202eTDSU\\u2066x'],
    ['two\nlines\tand äöü 日本 🔑', 'two\nlines\tand äöü 日本 🔑'],
  ];
  for (const [text, shown] of texts) test(`${shown} is printed`, () => assert.is(escapeControls(text), shown));
});

group('formatCount', (test) => {
  test('whole numbers are formatted as by toLocaleString', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (count) => {
        assert.is(formatCount(count), count.toLocaleString('en-US'));
      }),
    );
    for (const count of [0, 999, 1000, -1000, 525_600, 1e6])
      assert.is(formatCount(count), count.toLocaleString('en-US'));
  });
});
