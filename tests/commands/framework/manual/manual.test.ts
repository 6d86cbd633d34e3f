import * as assert from 'uvu/assert';
import { toValueKind, type ValueKind } from '../../../../src/commands/framework/manual/manual.js';
import { group } from '../../../harness/group.js';

const CASES: [name: string, kind: ValueKind][] = [
  ['csv|jsonl|parquet', { kind: 'words', words: ['csv', 'jsonl', 'parquet'] }],
  ['time|all-open', { kind: 'words', words: ['all-open'] }],
  ['n', { kind: 'anything' }],
  ['file', { kind: 'files' }],
  ['folder', { kind: 'folders' }],
  ['symbols', { kind: 'symbols' }],
];

group('the kind of a value', (test) => {
  for (const [name, kind] of CASES) {
    test(`of <${name}> is ${JSON.stringify(kind)}`, () => assert.equal(toValueKind(name), kind));
  }
});
