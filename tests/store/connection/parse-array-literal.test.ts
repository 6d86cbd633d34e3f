import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { parseArrayLiteral } from '../../../src/store/connection/parse-array-literal.js';
import { group } from '../../harness/group.js';

const asText = (text: string) => text;

group('parseArrayLiteral', (test) => {
  test('items are read one by one, NULL only where it is not quoted', () => {
    assert.equal(parseArrayLiteral('{a,NULL,"NULL","b \\"c\\" \\\\"}', asText), ['a', null, 'NULL', 'b "c" \\']);
    assert.equal(parseArrayLiteral('[0:1]={{1,2},{3,NULL}}', Number), [
      [1, 2],
      [3, null],
    ]);
    assert.equal(parseArrayLiteral('{}', Number), []);
  });

  for (const text of ['', 'x', '{', '{1', '{1,', '{"a', '{"a\\', '{{1}', '[0:1]=']) {
    test(`"${text}" is refused, for it does not end`, () => {
      assert.throws(
        () => parseArrayLiteral(text, asText),
        (error: unknown) => error instanceof Failure && error.message.includes('expected an array'),
      );
    });
  }

  for (const text of [
    '{1}x',
    'x{1}',
    '{1,}',
    '{,1}',
    '{1,,2}',
    '{"a"b}',
    '{a"b"}',
    '{{1}2}',
    '[0]={1}',
    '{'.repeat(99_999),
  ]) {
    test(`"${text.slice(0, 9)}" is refused, for the server prints no such thing`, () => {
      assert.throws(
        () => parseArrayLiteral(text, asText),
        (error: unknown) => error instanceof Failure && error.message.includes('expected an array'),
      );
    });
  }
});
