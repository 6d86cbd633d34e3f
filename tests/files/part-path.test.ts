import * as assert from 'uvu/assert';
import { partPath } from '../../src/files/part-path.js';
import { group } from '../harness/group.js';

group('partPath', (test) => {
  const cases: [path: string, expected: string][] = [
    ['/out/btc.csv', '/out/btc.train.csv'],
    ['/out/btc.csv.gz', '/out/btc.train.csv.gz'],
    ['/out.d/btc', '/out.d/btc.train'],
    ['/out/btc.2025.week.parquet', '/out/btc.2025.week.train.parquet'],
    ['/out/btc.gz', '/out/btc.train.gz'],
    ['/out/.csv', '/out/.csv.train'],
    ['/out/a b.CSV.GZ', '/out/a b.train.CSV.GZ'],
  ];
  for (const [path, expected] of cases) {
    test(`the train part of ${path} is ${expected}`, () => {
      assert.is(partPath(path, 'train'), expected);
    });
  }
});
