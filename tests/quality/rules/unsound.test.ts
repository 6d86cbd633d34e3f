import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isSound, type StoredCandle } from '../../../src/core/candle.js';
import { describeFault } from '../../../src/quality/rules/unsound.js';
import { group } from '../../harness/group.js';

const SOUND: StoredCandle = { openTime: 0, open: 10, high: 12, low: 9, close: 11, volume: 0 };

group('describeFault', (test) => {
  test('a sound candle has no fault, not even a flat one without trades', () => {
    assert.is(describeFault(SOUND), null);
    assert.is(describeFault({ ...SOUND, open: 5e-324, high: 5e-324, low: 5e-324, close: 5e-324 }), null);
  });

  const faults: [Partial<StoredCandle>, string][] = [
    [{ close: null }, 'close missing'],
    [{ open: null, volume: null }, 'open, volume missing'],
    [{ high: NaN }, 'high is NaN'],
    [{ volume: Infinity }, 'volume is Infinity'],
    [{ low: 0 }, 'low 0 is not above 0'],
    [{ close: -3 }, 'close -3 is not above 0'],
    [{ volume: -0.5 }, 'volume -0.5 is below 0'],
    [{ open: 8 }, 'open 8 is below low 9'],
    [{ close: 8 }, 'close 8 is below low 9'],
    [{ open: 13 }, 'open 13 is above high 12'],
    [{ close: 13 }, 'close 13 is above high 12'],
    [{ low: 12.5 }, 'open 10 is below low 12.5'],
  ];
  for (const [change, fault] of faults) {
    test(`describes the fault: ${fault}`, () => {
      assert.is(describeFault({ ...SOUND, ...change }), fault);
    });
  }

  test('finds a fault in exactly the candles that are not sound', () => {
    const number = fc.constantFrom(null, NaN, Infinity, -Infinity, -1, -0, 0, 1e-8, 1, 2, 3);
    const candles = fc.record({
      openTime: fc.constant(0),
      open: number,
      high: number,
      low: number,
      close: number,
      volume: number,
    });
    let sound = 0;
    const property = fc.property(candles, (candle) => {
      if (isSound(candle)) sound += 1;
      assert.is(describeFault(candle) === null, isSound(candle));
    });
    fc.assert(property, { numRuns: 20_000, seed: 1 });
    assert.ok(sound > 10, `only ${sound} sound candles were tried`);
  });
});
