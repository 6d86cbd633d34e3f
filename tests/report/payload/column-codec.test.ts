import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { packExactly, packRounded, unpack } from '../../../src/report/payload/column-codec.js';
import { group } from '../../harness/group.js';

/** Equal as doubles; NaN equals NaN, and 0 equals -0 (both are shown as "0"). */
function assertSame(found: Float64Array, wanted: Float64Array): void {
  assert.is(found.length, wanted.length);
  wanted.forEach((number, i) => {
    if (found[i] !== number && !(Number.isNaN(found[i]) && Number.isNaN(number))) {
      assert.unreachable(`number ${i} was ${found[i]}, expected ${number}`);
    }
  });
}

group('packed columns', (test) => {
  test('any doubles are unpacked to the same doubles', () => {
    fc.assert(
      fc.property(fc.float64Array({ maxLength: 40 }), (numbers) => {
        assertSame(unpack(packExactly(numbers)), numbers);
      }),
    );
  });

  test('prices with few decimals are unpacked exactly, and packed as whole numbers', () => {
    const price = fc.record({ units: fc.integer({ min: 0, max: 10 ** 12 }), isAbsent: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(price, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 8 }),
        (prices, decimals) => {
          const texts = prices.map(({ units }) => `${units}e-${decimals}`);
          const numbers = Float64Array.from(texts, (text, i) => (prices[i]!.isAbsent ? NaN : Number(text)));
          const packed = packExactly(numbers);
          assert.ok(packed.decimals !== null && packed.decimals <= decimals, String(packed.decimals));
          assertSame(unpack(packed), numbers);
        },
      ),
    );
  });

  test('whatever is expected, the same numbers are unpacked', () => {
    const number = fc.oneof(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.constantFrom(NaN, 0));
    const expected = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, 1e300));
    fc.assert(
      fc.property(fc.array(fc.tuple(number, expected), { maxLength: 60 }), (pairs) => {
        const numbers = Float64Array.from(pairs, ([found]) => found / 100);
        const guesses = Float64Array.from(pairs, ([, guess]) => guess);
        assertSame(unpack(packExactly(numbers, guesses), guesses), numbers);
      }),
    );
  });

  test('numbers that are as expected take one byte each, all equal', () => {
    const numbers = Float64Array.from({ length: 50 }, (_, i) => (i * i * 977) % 4049);
    const { width, bytes } = packExactly(numbers, numbers);
    assert.is(width, 1);
    assert.is(new Set(bytes).size, 1);
  });

  test('a rounded column has the values of toFixed', () => {
    const number = fc.double({ min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(fc.array(number, { maxLength: 60 }), fc.integer({ min: 0, max: 6 }), (found, decimals) => {
        const numbers = Float64Array.from(found);
        assertSame(
          unpack(packRounded(numbers, decimals)),
          numbers.map((each) => Number(each.toFixed(decimals))),
        );
      }),
    );
  });

  test('numbers without a decimal representation, and infinity, are packed as doubles', () => {
    for (const odd of [Math.PI, Infinity, 1e300, 2 ** 53 + 2]) {
      const numbers = Float64Array.of(1.5, odd, NaN);
      const packed = packExactly(numbers);
      assert.is(packed.decimals, null);
      assertSame(unpack(packed), numbers);
    }
  });

  test('a constant column packs to almost nothing', () => {
    const packed = packExactly(new Float64Array(100).fill(27_512.34));
    assert.equal([packed.decimals, packed.width], [2, 3]);
    assert.is(packed.bytes.filter((byte) => byte > 1).length, 3, 'only the first difference is not 0');
  });
});
