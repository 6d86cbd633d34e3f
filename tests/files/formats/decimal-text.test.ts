import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { formatDecimal, MAX_DECIMAL_BYTES, writeDecimal } from '../../../src/files/formats/decimal-text.js';
import { storeGroup } from '../../harness/store-group.js';

const EDGES = [
  ...[0, -0, 1, -1.5, 1e15, 999999999999999.9, 1e-4, 9.999e-5, 1e-6, 1e-7, 1.5e-8, 1e22, 5.1e-300, 1.7e308],
  ...[123456789012345680, 0.1, 0.3, 0.1 + 0.2, 64123.45, 9.5367431640625e-7, 2 ** -13, 2 ** 40, 9007199254740992],
  ...[9.999999999999998, 99999.99999999999, 0.9999999999999999, 1.0000000000000002, 0.00012345678901234567],
];
const SEED = 5;

function written(number: number): string {
  const bytes = Buffer.alloc(MAX_DECIMAL_BYTES + 2, '|');
  const end = writeDecimal(bytes, 1, number);
  assert.is(`${String.fromCharCode(bytes[0]!)}${String.fromCharCode(bytes.at(-1)!)}`, '||', 'the bytes beside');
  return bytes.toString('latin1', 1, end);
}

storeGroup('numbers in CSV', (test) => {
  test('are the text that the database writes', async ({ store }) => {
    const random = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), {
      numRuns: 300,
      seed: SEED,
    });
    const small = random.map((number) => number * 1e-15);
    const numbers = [...EDGES, ...random, ...small, ...random.map((number) => 100 * Math.abs(Math.sin(number)))];
    const { rows } = await store.knex.raw<{ rows: { text: string }[] }>(
      `SELECT number::text AS text FROM unnest(?::float8[]) WITH ORDINALITY AS v(number, place) ORDER BY place`,
      [`{${numbers.map((number) => (Object.is(number, -0) ? '-0' : String(number))).join(',')}}`],
    );
    const texts = rows.map(({ text }) => text);
    assert.equal(numbers.map(formatDecimal), texts);
    assert.equal(numbers.map(written), texts);
  });

  test('are written to bytes as the same text', () => {
    const decimals = fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: -25, max: 5 }))
      .map(([n, e]) => Number(`${n}e${e}`));
    const powers = fc.integer({ min: -40, max: 60 }).map((exponent) => 2 ** exponent);
    const sines = fc.integer().map((angle) => 100 * Math.sin(angle));
    fc.assert(
      fc.property(fc.oneof(fc.double(), decimals, powers, sines), (number) => {
        assert.is(written(number), formatDecimal(number));
      }),
      { numRuns: 5_000, seed: SEED },
    );
  });
});
