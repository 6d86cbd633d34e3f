import { PassThrough } from 'node:stream';
import * as assert from 'uvu/assert';
import { readExportTarget } from '../../src/cli/export-target-flags.js';
import { Flags } from '../../src/cli/flags.js';
import type { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

function read(raw: Record<string, unknown>) {
  const flags = new Flags(raw, '/home/me');
  const target = readExportTarget(flags, new PassThrough());
  try {
    flags.problems.throwIfAny();
  } catch (error) {
    return (error as Failure).message;
  }
  return target;
}

function refusalOf(...call: Parameters<typeof read>): string {
  const found = read(...call);
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
      assert.equal(read({ out }), { out: new URL(out, 'file:///home/me/').pathname, format, isGzipped });
    });
  }

  test('--format wins over the ending; .gz still means compressed', () => {
    assert.equal(read({ out: '/x.dat', format: 'parquet' }), { out: '/x.dat', format: 'parquet', isGzipped: false });
    assert.equal(read({ out: '/x.txt.gz', format: 'jsonl' }), { out: '/x.txt.gz', format: 'jsonl', isGzipped: true });
  });

  test('an ending that is no format is refused, unless --format says which', () => {
    for (const out of ['x.xls', 'x.json', 'x.parquet.bak', 'x.csv.bz2', 'x.tsv.gz']) {
      assert.match(refusalOf({ out }), /^--out ends in "\.\w+", which is no format$/);
    }
  });

  test('Parquet is never compressed a second time', () => {
    for (const raw of [{ out: 'x.parquet.gz' }, { out: 'x.gz', format: 'parquet' }]) {
      assert.match(refusalOf(raw), /^--out was ".*\.gz"$/);
    }
  });

  test('standard output is no file: neither compressed nor split', () => {
    const target = read({ out: '-', format: 'jsonl' });
    assert.type(target, 'object');
    assert.is((target as { isGzipped: boolean }).isGzipped, false);
    assert.match(refusalOf({ out: '-', split: '80/20' }), /--split writes several files/);
  });
});
