import * as assert from 'uvu/assert';
import { Flags } from '../../src/cli/flags.js';
import { readSplit } from '../../src/cli/split-flags.js';
import type { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

const DAY = { from: Date.parse('2025-06-01T00:00:00Z'), to: Date.parse('2025-06-02T00:00:00Z') };

/** What a call with these flags means over a day, or the message of its problems. */
function read(raw: Record<string, unknown>, minutes?: number) {
  const flags = new Flags(raw, '/');
  const split = readSplit(flags, { range: minutes === undefined ? DAY : undefined, minutes: minutes ?? 1440 });
  try {
    flags.problems.throwIfAny();
  } catch (error) {
    return (error as Failure).message;
  }
  return split;
}

function refusalOf(...call: Parameters<typeof read>): string {
  const found = read(...call);
  return typeof found === 'string' ? found : 'it was accepted';
}

group('readSplit', (test) => {
  test('shares and times are told apart; the embargo is an hour if nothing else is said', () => {
    assert.equal(read({ split: '80/20' }), { cuts: { shares: [80, 20] }, embargoMinutes: 60 });
    assert.equal(read({ split: '70 / 15 / 15', embargo: '0' }), { cuts: { shares: [70, 15, 15] }, embargoMinutes: 0 });
    assert.equal(read({ split: '2025-06-01T12:00Z, 2025-06-01T20:00+02:00', embargo: '5' }), {
      cuts: { times: [Date.parse('2025-06-01T12:00Z'), Date.parse('2025-06-01T18:00Z')] },
      embargoMinutes: 5,
    });
    assert.is(read({}), undefined);
  });

  test('what cannot be split is refused before anything is opened', () => {
    assert.match(refusalOf({ split: '80/20' }, 50), /^the train part would be empty: it has 40 min/);
    assert.match(refusalOf({ split: '2025-06-03' }), /^the cut at 2025-06-03T00:00Z is not inside/);
    assert.match(refusalOf({ split: '2025-06-01T00:30Z' }), /^the train part would be empty/);
    assert.type(read({ split: '2025-06-03' }, 600), 'object', 'where the window lies is not known yet');
  });

  const wrong: [split: string, says: RegExp][] = [
    ['80', /time "80" was not understood/],
    ['80/30', /--split was "80\/30"/],
    ['100/0', /--split was "100\/0"/],
    ['25/25/25/25', /--split was/],
    ['-80/180', /--split was/],
    ['80/twenty', /--split was/],
    ['80/', /--split was/],
    ['2025-06-01T18:00Z,2025-06-01T12:00Z', /--split was/],
    ['2025-06-01T06:00Z,2025-06-01T12:00Z,2025-06-01T18:00Z', /--split was/],
    ['2025-06-01T12:00', /has no offset/],
    ['2025-06-01T12:00:30Z', /not on a whole minute/],
  ];
  for (const [split, says] of wrong) {
    test(`"${split}" is refused`, () => {
      assert.match(refusalOf({ split }), says);
    });
  }

  test('an embargo without a split, or that is no count of minutes, is refused', () => {
    assert.is(read({ embargo: '5' }), '--embargo needs --split');
    assert.match(refusalOf({ split: '80/20', embargo: '-5' }), /--embargo was "-5"/);
    assert.match(refusalOf({ split: '80/20', embargo: '1.5' }), /--embargo was "1.5"/);
  });
});
