import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { measureVolumes } from '../../src/quality/volume-statistics.js';
import { group } from '../harness/group.js';

group('measureVolumes', (test) => {
  test('what is no volume does not count, and fewer than two volumes say nothing', () => {
    assert.equal(measureVolumes(Float64Array.of(1, 2, 3, NaN, -1, Infinity, 1e140)), { mean: 2, stddev: 1 });
    assert.is(measureVolumes(Float64Array.of(5, NaN)), null);
    assert.is(measureVolumes(new Float64Array(0)), null);
  });

  test('a deviation of 1 shows on top of a billion, over a million rows', () => {
    const volumes = Float64Array.from({ length: 1_000_000 }, (_, i) => 1e9 + (i % 2 === 0 ? 1 : -1));
    const { mean, stddev } = measureVolumes(volumes)!;
    assert.is(mean, 1e9);
    assert.ok(Math.abs(stddev - Math.sqrt(1_000_000 / 999_999)) < 1e-12, `stddev was ${stddev}`);
  });

  test('integers have the mean and the variance that whole-number arithmetic gives', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 2, maxLength: 300 }), (values) => {
        const count = BigInt(values.length);
        const sum = values.reduce((total, value) => total + BigInt(value), 0n);
        const squares = values.reduce((total, value) => total + BigInt(value) ** 2n, 0n);
        const variance = Number(count * squares - sum * sum) / Number(count * (count - 1n));
        const { mean, stddev } = measureVolumes(Float64Array.from(values))!;
        assert.ok(Math.abs(mean - Number(sum) / values.length) <= 1e-14 * mean);
        assert.ok(Math.abs(stddev - Math.sqrt(variance)) <= 1e-12 * Math.sqrt(variance));
      }),
    );
  });
});
