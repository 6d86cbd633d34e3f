import * as assert from 'uvu/assert';
import { HOUR_MS, MINUTE_MS } from '../../src/core/minute.js';
import {
  ASCII_STRIP,
  BAR_SPARK,
  BLOCK_STRIP,
  describeSparkline,
  describeStrip,
  DIGIT_SPARK,
  drawAxis,
  drawDayMarks,
  drawSparkline,
  drawStrip,
  findExtremes,
} from '../../src/terminal/drawing.js';
import { group } from '../harness/group.js';

group('the sparkline', (test) => {
  test('one character a value, from the lowest to the highest', () => {
    assert.is(drawSparkline([1, 2, 3, 4, 5, 6, 7, 8], BAR_SPARK), '▁▂▃▄▅▆▇█');
    assert.is(drawSparkline([80, 10, 45], DIGIT_SPARK), '815');
  });

  test('negative and tiny values are drawn by their place between the extremes, too', () => {
    assert.is(drawSparkline([-3, -1, -2], DIGIT_SPARK), '185');
    assert.is(drawSparkline([1e-8, 3e-8, 2e-8], DIGIT_SPARK), '185');
  });

  test('equal values lie in the middle', () => {
    assert.is(drawSparkline([42, 42], DIGIT_SPARK), '44');
    assert.is(drawSparkline([0, 0], DIGIT_SPARK, 0), '44');
  });

  test('with a bottom the lowest character stands for it', () => {
    assert.is(drawSparkline([90, 100], DIGIT_SPARK), '18');
    assert.is(drawSparkline([90, 100], DIGIT_SPARK, 0), '88');
    assert.is(drawSparkline([50, 100, 0], DIGIT_SPARK, 0), '581');
  });

  test('a missing value is neither low nor high, and does not shift the others', () => {
    assert.is(drawSparkline([null, 1, null, 2], BAR_SPARK), '·▁·█');
    assert.is(drawSparkline([null, null], DIGIT_SPARK), '..');
    assert.is(drawSparkline([], BAR_SPARK), '');
  });

  test('the legend explains the lowest, the highest and the missing character', () => {
    assert.is(describeSparkline(DIGIT_SPARK), '1 lowest to 8 highest  . no row');
  });

  test('findExtremes ignores missing values', () => {
    assert.equal(findExtremes([null, 3, 1, 2]), [1, 3]);
    assert.is(findExtremes([null]), undefined);
  });
});

const START = Date.parse('2025-06-01T22:00Z');

function hour(place: number, valid: number, rows = valid, minutes = 60) {
  return { from: START + place * HOUR_MS, minutes, rows, valid };
}

group('the coverage strip', (test) => {
  test('one character an hour by the share of valid minutes, limits included', () => {
    const hours = [60, 59, 40, 39, 20, 19, 1].map((valid, i) => hour(i, valid));
    assert.is(drawStrip(hours, BLOCK_STRIP), '█▓▓▒▒░░');
    assert.is(drawStrip(hours, ASCII_STRIP), '#**++--');
  });

  test('rows without a valid one differ from no row', () => {
    assert.is(drawStrip([hour(0, 0, 60), hour(1, 0, 0)], BLOCK_STRIP), '░·');
  });

  test('the current hour is full when all its minutes so far are valid', () => {
    assert.is(drawStrip([hour(0, 7, 7, 7), hour(1, 6, 7, 7)], BLOCK_STRIP), '█▓');
  });

  test('midnights are marked over the hour that begins there', () => {
    const hours = Array.from({ length: 30 }, (_, i) => hour(i, 60));
    assert.is(drawDayMarks(hours), '  |06-02                  |06-03');
  });

  test('the legend explains every character', () => {
    for (const character of Object.values(ASCII_STRIP)) assert.ok(describeStrip(ASCII_STRIP).includes(`${character} `));
  });
});

function starts(count: number, partMs: number, from = START): number[] {
  return Array.from({ length: count }, (_, i) => from + i * partMs);
}

group('the axis over a strip', (test) => {
  test('ticks show the time of the day, midnight its date', () => {
    assert.is(drawAxis(starts(20, MINUTE_MS), MINUTE_MS), '|22:00    |22:10');
    assert.is(drawAxis(starts(60, 5 * MINUTE_MS), 5 * MINUTE_MS).slice(0, 36), '|22:00      |23:00      |06-02      ');
  });

  test('a part that holds a tick is marked, also when it begins before the tick', () => {
    const parts = [START + 7 * MINUTE_MS, ...starts(30, 10 * MINUTE_MS, START + 10 * MINUTE_MS)];
    assert.is(drawAxis(parts, 10 * MINUTE_MS), '            |06-02            |');
  });

  test('names keep a distance, however long a part is', () => {
    for (const hours of [1, 6, 24, 24 * 7, 24 * 60]) {
      const line = drawAxis(starts(200, hours * HOUR_MS), hours * HOUR_MS);
      assert.ok(line.length <= 200);
      assert.match(line, /^ *(\|\d\d[-:]\d\d {2,})*(\|(\d\d[-:]\d\d)?)?$/, line);
      assert.ok(line.split('|').length > 2, line);
    }
  });

  test('a name that would reach beyond the strip is left out, its mark stays', () => {
    const line = drawAxis(starts(4, HOUR_MS), HOUR_MS);
    assert.is(line, '  |');
  });
});
