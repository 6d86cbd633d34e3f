import * as assert from 'uvu/assert';
import { Failure } from '../../src/core/failure.js';
import { parseInstant, parseMinute } from '../../src/core/parse-time.js';
import { group } from '../harness/group.js';

const NOON = Date.UTC(2025, 5, 1, 12);

group('parseMinute', (test) => {
  const understood: [string, number][] = [
    ['2025-06-01T12:00Z', NOON],
    ['2025-06-01T12:00:00Z', NOON],
    ['2025-06-01T12:00:00.000Z', NOON],
    ['2025-06-01 12:00z', NOON],
    ['2025-06-01T14:00+02:00', NOON],
    ['2025-06-01T14:00+0200', NOON],
    ['2025-06-01T07:00-05', NOON],
    ['2025-06-01T17:45+05:45', NOON],
    ['2025-06-02T02:00+14:00', NOON],
    ['2025-06-01', Date.UTC(2025, 5, 1)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
  ];
  for (const [text, minute] of understood) {
    test(`"${text}" is ${new Date(minute).toISOString()}`, () => {
      assert.is(parseMinute(text), minute);
    });
  }

  const refused: [string, RegExp][] = [
    ['2025-06-01T12:00', /has no offset/],
    ['2025-06-01T12:00:30Z', /not on a whole minute/],
    ['2025-06-01T12:00:00.001Z', /not on a whole minute/],
    ['2025-06-01T12:00:00.0000001Z', /not on a whole minute/],
    ['2025-02-29', /does not exist/],
    ['2025-13-01', /does not exist/],
    ['2025-06-01T24:00Z', /does not exist/],
    ['2025-06-01T12:60Z', /does not exist/],
    ['2025-06-01T12:00+15:00', /does not exist/],
    ['2025-06-01T12:00+02:60', /does not exist/],
    ['0000-01-01', /does not exist/],
    ['1748779200000', /was not understood/],
    ['yesterday', /was not understood/],
    ['', /was not understood/],
    ['2025-6-1', /was not understood/],
  ];
  for (const [text, message] of refused) {
    test(`"${text}" is refused: ${message.source}`, () => {
      assert.throws(
        () => parseMinute(text),
        (error: unknown) => error instanceof Failure && error.kind === 'usage' && message.test(error.message),
      );
    });
  }
});

group('parseInstant', (test) => {
  const understood: [string, number][] = [
    ['2025-06-01T12:00Z', NOON],
    ['2025-06-01T12:00:30Z', NOON + 30_000],
    ['2025-06-01T14:00:00.057+02:00', NOON + 57],
    ['2025-06-01T12:00:00.5Z', NOON + 500],
    ['2025-06-01T12:00:00.0000001Z', NOON + 1],
  ];
  for (const [text, instant] of understood) {
    test(`"${text}" is ${new Date(instant).toISOString()}`, () => {
      assert.is(parseInstant(text), instant);
    });
  }
});
