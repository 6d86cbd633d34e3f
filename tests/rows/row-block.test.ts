import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { createBlock, growBlock, trimBlock } from '../../src/rows/row-block.js';
import { group } from '../harness/group.js';

group('blocks', (test) => {
  test('have their columns in fields of one shape: V8 compiles functions over blocks once', () => {
    setFlagsFromString('--allow-natives-syntax');
    const haveSameShape = runInThisContext(
      '(a, b) => %HasFastProperties(a) && %HasFastProperties(b) && %HaveSameMap(a, b)',
    ) as (a: object, b: object) => boolean;
    const first = createBlock(2);
    const others = [createBlock(3), trimBlock(first, 1), growBlock(first, 5)];
    const found = others.map((other) => haveSameShape(first, other));
    setFlagsFromString('--no-allow-natives-syntax');
    assert.equal(found, [true, true, true]);
  });
});
