import * as assert from 'uvu/assert';
import { isVolumeSpike, volumeThreshold } from '../../src/quality/volume-spike.js';
import { group } from '../harness/group.js';

group('volume spike', (test) => {
  test('the threshold is mean + sigma standard deviations, 3 unless told', () => {
    assert.is(volumeThreshold({ mean: 10, stddev: 2 }), 16);
    assert.is(volumeThreshold({ mean: 10, stddev: 2 }, 5), 20);
  });

  test('only a volume above the threshold is a spike: not one on it', () => {
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
