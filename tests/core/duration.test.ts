import * as assert from 'uvu/assert';
import { formatDuration, parseDuration } from '../../src/core/duration.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

group('durations', (test) => {
  test('consist of whole days, hours, minutes and seconds, longest first', () => {
    for (const [text, seconds] of [
      ['90s', 90],
      ['15m', 900],
      ['12h', 43_200],
      ['7d', 604_800],
      ['1d12h', 129_600],
      [' 1D2h3M4s ', 93_784],
      ['0s', 0],
    ] as const) {
      assert.is(parseDuration(text), seconds * 1000, text);
    }
  });

  test('every other text is refused, also a number without a unit', () => {
    for (const text of ['', ' ', '7', '7 d', '1.5h', '-1h', '1h1h', '1m2h', 'P7D', '7w', '1e3s', '12hours']) {
      assert.throws(
        () => parseDuration(text),
        (error: unknown) => error instanceof Failure && error.kind === 'usage' && error.message.includes(`"${text}"`),
        text,
      );
    }
  });

  test('are shown in their two largest units', () => {
    for (const [seconds, text] of [
      [0, '0 s'],
      [0.4, '0 s'],
      [59, '59 s'],
      [90, '1 min 30 s'],
      [3600, '1 h'],
      [3659, '1 h'],
      [604_800, '7 d'],
      [8 * 86_400 + 2 * 3600 + 59, '8 d 2 h'],
      [3650 * 86_400, '3650 d'],
    ] as const) {
      assert.is(formatDuration(seconds * 1000), text);
    }
  });
});
