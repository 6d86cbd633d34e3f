import * as assert from 'uvu/assert';
import { abbreviate, formatGroup, groupByText, listNames } from '../../src/terminal/names.js';
import { group } from '../harness/group.js';

group('names of a list', (test) => {
  const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];

  test('at most five are listed, and the others counted', () => {
    assert.is(listNames(names), 'A B C D E and 2 more');
    assert.is(listNames(names.slice(0, 6)), 'A B C D E F', 'a name is no longer than a count of one');
    assert.is(listNames(names, 2), 'A B and 5 more');
    assert.is(listNames(names, Infinity), 'A B C D E F G');
  });

  test('beside a drawing they are the first one and a number', () => {
    assert.is(abbreviate(['A']), 'A');
    assert.is(abbreviate(names), 'A +6');
  });

  test('each text is listed once, with the names that have it, in the order of the first', () => {
    const items = [
      { name: 'A', texts: ['x', 'y'] },
      { name: 'B', texts: ['y', 'y'] },
      { name: 'C', texts: [] },
    ];
    const groups = groupByText(
      items,
      ({ name }) => name,
      ({ texts }) => texts,
    );
    assert.equal(groups, [
      { text: 'x', names: ['A'] },
      { text: 'y', names: ['A', 'B'] },
    ]);
  });

  test('names that do not fit beside their text stand below it', () => {
    assert.equal(formatGroup({ text: 'a gap', names }, 40), ['  a gap: A B C D E and 2 more']);
    assert.equal(formatGroup({ text: 'a gap of many minutes', names }, 30), [
      '  a gap of many minutes',
      '    A B C D E and 2 more',
    ]);
  });
});
