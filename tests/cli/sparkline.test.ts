import * as assert from 'uvu/assert';
import { BARS, describeSparkline, DIGITS, drawSparkline, extremesOf } from '../../src/cli/sparkline.js';
import { group } from '../harness/group.js';

group('the sparkline', (test) => {
  test('one character a value, from the lowest to the highest', () => {
    assert.is(drawSparkline([1, 2, 3, 4, 5, 6, 7, 8], BARS), '▁▂▃▄▅▆▇█');
    assert.is(drawSparkline([80, 10, 45], DIGITS), '815');
  });

  test('negative and tiny values are drawn by their place, too', () => {
    assert.is(drawSparkline([-3, -1, -2], DIGITS), '185');
    assert.is(drawSparkline([1e-8, 3e-8, 2e-8], DIGITS), '185');
  });

  test('values that are all the same lie in the middle', () => {
    assert.is(drawSparkline([42, 42], DIGITS), '44');
    assert.is(drawSparkline([0, 0], DIGITS, 0), '44');
  });

  test('with a bottom the lowest character stands for that', () => {
    assert.is(drawSparkline([90, 100], DIGITS), '18');
    assert.is(drawSparkline([90, 100], DIGITS, 0), '88');
    assert.is(drawSparkline([50, 100, 0], DIGITS, 0), '581');
  });

  test('what is not there is neither low nor high, and does not shift the others', () => {
    assert.is(drawSparkline([null, 1, null, 2], BARS), '·▁·█');
    assert.is(drawSparkline([null, null], DIGITS), '..');
    assert.is(drawSparkline([], BARS), '');
  });

  test('the legend explains the lowest, the highest and the missing character', () => {
    assert.is(describeSparkline(DIGITS), '1 lowest to 8 highest  . no row');
  });

  test('extremes are of the values that are there', () => {
    assert.equal(extremesOf([null, 3, 1, 2]), [1, 3]);
    assert.is(extremesOf([null]), undefined);
  });
});
