import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isVolumeSpike, measureVolumes, volumeThreshold } from '../../../src/quality/rules/volume-spike.js';
import { group } from '../../harness/group.js';

group('measureVolumes', (test) => {
  test('invalid volumes do not count, and fewer than two volumes have no statistics', () => {
    assert.equal(measureVolumes(Float64Array.of(1, 2, 3, NaN, -1, Infinity, 1e140)), { mean: 2, stddev: 1 });
    assert.is(measureVolumes(Float64Array.of(5, NaN)), null);
    assert.is(measureVolumes(new Float64Array(0)), null);
  });

  test('a deviation of 1 around a billion is exact over a million rows', () => {
    const volumes = Float64Array.from({ length: 1_000_000 }, (_, i) => 1e9 + (i % 2 === 0 ? 1 : -1));
    const { mean, stddev } = measureVolumes(volumes)!;
    assert.is(mean, 1e9);
    assert.ok(Math.abs(stddev - Math.sqrt(1_000_000 / 999_999)) < 1e-12, `stddev was ${stddev}`);
  });

  test('mean and variance of integers equal those of integer arithmetic', () => {
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

group('volume spike', (test) => {
  test('the threshold is mean + sigma standard deviations, 3 by default', () => {
    assert.is(volumeThreshold({ mean: 10, stddev: 2 }), 16);
    assert.is(volumeThreshold({ mean: 10, stddev: 2 }, 5), 20);
  });

  test('only a volume strictly above the threshold is a spike', () => {
    assert.is(isVolumeSpike(16, 16), false);
    assert.is(isVolumeSpike(16.000000001, 16), true);
  });

  test('equal volumes are no spikes: their standard deviation is 0', () => {
    assert.is(isVolumeSpike(7, volumeThreshold({ mean: 7, stddev: 0 })), false);
  });

  test('a missing or NaN volume is no spike', () => {
    assert.is(isVolumeSpike(null, 16), false);
    assert.is(isVolumeSpike(NaN, 16), false);
  });
});
