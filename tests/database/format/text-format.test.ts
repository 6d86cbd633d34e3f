import * as assert from 'uvu/assert';
import { Failure } from '../../../src/core/failure.js';
import { parseArrayLiteral, parseTimestampText, toTimestampText } from '../../../src/database/format/text-format.js';
import { group } from '../../harness/group.js';
import { storeGroup } from '../../harness/store-group.js';

const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');
const TIMES = [
  ...[0, Date.parse('2025-06-01T12:00:00.123Z'), YEAR_1, YEAR_1 - 60_000, Date.parse('9999-12-31T23:59:59.999Z')],
  ...[Date.parse('+010000-01-01T00:00:00Z'), Date.parse('+123456-07-08T09:10:11Z'), 8.64e15],
  ...[Date.parse('-000043-03-15T00:00:00Z'), Date.parse('-004712-01-01T00:00:00Z')],
];

storeGroup('times of any year', (test) => {
  test('are read and printed by the server unchanged', async ({ store }) => {
    for (const time of TIMES) {
      const { rows } = await store.knex.raw<{ rows: { epoch: number; time: Date }[] }>(
        'SELECT extract(epoch FROM v)::float8 * 1000 AS epoch, v AS time FROM (SELECT ?::timestamptz AS v) t',
        [new Date(time)],
      );
      assert.is(rows[0]!.time.getTime(), time, toTimestampText(new Date(time)));
      assert.ok(Math.abs(rows[0]!.epoch - time) <= 1, `the server read ${time} as ${rows[0]!.epoch}`);
    }
  });

  test('infinity is the end of the range of a Date', async ({ store }) => {
    const { rows } = await store.knex.raw<{ rows: { later: Date; earlier: Date }[] }>(
      `SELECT 'infinity'::timestamptz AS later, '-infinity'::timestamptz AS earlier`,
    );
    assert.equal([rows[0]!.later.getTime(), rows[0]!.earlier.getTime()], [8.64e15, -8.64e15]);
    assert.is(toTimestampText(rows[0]!.earlier), '-infinity');
    assert.is(parseTimestampText('294000-01-01 00:00:00+00').getTime(), 8.64e15);
  });

  for (const text of ['', 'x', '-', '1970-01-01 100:00:00+00', '1970-13-01 00:00:00+00', '0001-01-01 00:00:0x+00']) {
    test(`"${text}" is refused, because it is not a time`, () => {
      assert.throws(
        () => parseTimestampText(text),
        (error: unknown) => error instanceof Failure && error.message.includes('expected a time'),
      );
    });
  }
});

const asText = (text: string) => text;

group('parseArrayLiteral', (test) => {
  test('items are parsed one by one; only an unquoted NULL is null', () => {
    assert.equal(parseArrayLiteral('{a,NULL,"NULL","b \\"c\\" \\\\"}', asText), ['a', null, 'NULL', 'b "c" \\']);
    assert.equal(parseArrayLiteral('[0:1]={{1,2},{3,NULL}}', Number), [
      [1, 2],
      [3, null],
    ]);
    assert.equal(parseArrayLiteral('{}', Number), []);
  });

  for (const text of ['', 'x', '{', '{1', '{1,', '{"a', '{"a\\', '{{1}', '[0:1]=']) {
    test(`"${text}" is refused, because it is incomplete`, () => {
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
    test(`"${text.slice(0, 9)}" is refused, because it is malformed`, () => {
      assert.throws(
        () => parseArrayLiteral(text, asText),
        (error: unknown) => error instanceof Failure && error.message.includes('expected an array'),
      );
    });
  }
});
