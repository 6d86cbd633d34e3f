import { PassThrough } from 'node:stream';
import * as assert from 'uvu/assert';
import { readExportTarget, readSplit } from '../../src/commands/export-training-set.js';
import { Flags } from '../../src/commands/framework/options/flags.js';
import type { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

function readTarget(raw: Record<string, unknown>) {
  const flags = new Flags(raw, '/home/me');
  const target = readExportTarget(flags, new PassThrough());
  try {
    flags.problems.throwIfAny();
  } catch (error) {
    return (error as Failure).message;
  }
  return target;
}

function targetRefusal(...call: Parameters<typeof readTarget>): string {
  const found = readTarget(...call);
  return typeof found === 'string' ? found : 'it was accepted';
}

group('readExportTarget', (test) => {
  const endings: [out: string, format: string, isGzipped: boolean][] = [
    ['x.csv', 'csv', false],
    ['x.csv.gz', 'csv', true],
    ['x.JSONL.GZ', 'jsonl', true],
    ['x.week.parquet', 'parquet', false],
    ['x', 'csv', false],
    ['x.gz', 'csv', true],
    ['week.2025/x', 'csv', false],
    ['../.hidden', 'csv', false],
  ];
  for (const [out, format, isGzipped] of endings) {
    test(`${out} is ${format}${isGzipped ? ', gzipped' : ''}`, () => {
      assert.equal(readTarget({ out }), { out: new URL(out, 'file:///home/me/').pathname, format, isGzipped });
    });
  }

  test('--format wins over the ending; .gz still means gzipped', () => {
    assert.equal(readTarget({ out: '/x.dat', format: 'parquet' }), {
      out: '/x.dat',
      format: 'parquet',
      isGzipped: false,
    });
    assert.equal(readTarget({ out: '/x.txt.gz', format: 'jsonl' }), {
      out: '/x.txt.gz',
      format: 'jsonl',
      isGzipped: true,
    });
  });

  test('an unknown ending is refused, unless --format is given', () => {
    for (const out of ['x.xls', 'x.json', 'x.parquet.bak', 'x.csv.bz2', 'x.tab.gz']) {
      assert.match(targetRefusal({ out }), /^--out ends in "\.\w+", which is not a format$/);
    }
  });

  test('Parquet is never compressed a second time', () => {
    for (const raw of [{ out: 'x.parquet.gz' }, { out: 'x.gz', format: 'parquet' }]) {
      assert.match(targetRefusal(raw), /^--out was ".*\.gz"$/);
    }
  });

  test('standard output is neither gzipped nor split', () => {
    const target = readTarget({ out: '-', format: 'jsonl' });
    assert.type(target, 'object');
    assert.is((target as { isGzipped: boolean }).isGzipped, false);
    assert.match(targetRefusal({ out: '-', split: '80/20' }), /--split writes several files/);
  });
});

const DAY = { from: Date.parse('2025-06-01T00:00:00Z'), to: Date.parse('2025-06-02T00:00:00Z') };

/** The split of a day by these flags, or the message of their problems. */
function readParts(raw: Record<string, unknown>, minutes?: number) {
  const flags = new Flags(raw, '/');
  const split = readSplit(flags, { range: minutes === undefined ? DAY : undefined, minutes: minutes ?? 1440 });
  try {
    flags.problems.throwIfAny();
  } catch (error) {
    return (error as Failure).message;
  }
  return split;
}

function splitRefusal(...call: Parameters<typeof readParts>): string {
  const found = readParts(...call);
  return typeof found === 'string' ? found : 'it was accepted';
}

group('readSplit', (test) => {
  test('shares and times are distinguished; the default embargo is an hour', () => {
    assert.equal(readParts({ split: '80/20' }), { cuts: { shares: [80, 20] }, embargoMinutes: 60 });
    assert.equal(readParts({ split: '70 / 15 / 15', embargo: '0' }), {
      cuts: { shares: [70, 15, 15] },
      embargoMinutes: 0,
    });
    assert.equal(readParts({ split: '2025-06-01T12:00Z, 2025-06-01T20:00+02:00', embargo: '5' }), {
      cuts: { times: [Date.parse('2025-06-01T12:00Z'), Date.parse('2025-06-01T18:00Z')] },
      embargoMinutes: 5,
    });
    assert.is(readParts({}), undefined);
  });

  test('an impossible split is refused before anything is opened', () => {
    assert.match(splitRefusal({ split: '80/20' }, 50), /^the train part would be empty: it has 40 min/);
    assert.match(splitRefusal({ split: '2025-06-03' }), /^the cut at 2025-06-03T00:00Z is not inside/);
    assert.match(splitRefusal({ split: '2025-06-01T00:30Z' }), /^the train part would be empty/);
    assert.type(readParts({ split: '2025-06-03' }, 600), 'object', 'the place of the window is not known yet');
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
      assert.match(splitRefusal({ split }), says);
    });
  }

  test('an embargo without a split, or that is not a number of minutes, is refused', () => {
    assert.is(readParts({ embargo: '5' }), '--embargo needs --split');
    assert.match(splitRefusal({ split: '80/20', embargo: '-5' }), /--embargo was "-5"/);
    assert.match(splitRefusal({ split: '80/20', embargo: '1.5' }), /--embargo was "1.5"/);
  });
});
