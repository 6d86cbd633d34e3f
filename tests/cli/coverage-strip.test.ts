import * as assert from 'uvu/assert';
import { HOUR_MS } from '../../src/core/minute.js';
import { ASCII, BLOCKS, describeStrip, drawDays, drawStrip } from '../../src/cli/coverage-strip.js';
import { group } from '../harness/group.js';

const START = Date.parse('2025-06-01T22:00Z');

function hour(place: number, valid: number, rows = valid, minutes = 60) {
  return { from: START + place * HOUR_MS, minutes, rows, valid };
}

group('the coverage strip', (test) => {
  test('one character an hour by the share of valid minutes, its edges included', () => {
    const hours = [60, 59, 40, 39, 20, 19, 1].map((valid, i) => hour(i, valid));
    assert.is(drawStrip(hours, BLOCKS), '█▓▓▒▒░░');
    assert.is(drawStrip(hours, ASCII), '#**++--');
  });

  test('rows of which none is valid are not the same as no row', () => {
    assert.is(drawStrip([hour(0, 0, 60), hour(1, 0, 0)], BLOCKS), '░·');
  });

  test('the current hour is full when all its minutes so far are valid', () => {
    assert.is(drawStrip([hour(0, 7, 7, 7), hour(1, 6, 7, 7)], BLOCKS), '█▓');
  });

  test('midnights are marked over the hour that begins there', () => {
    const hours = Array.from({ length: 30 }, (_, i) => hour(i, 60));
    assert.is(drawDays(hours), '  |06-02                  |06-03');
  });

  test('the legend explains every character', () => {
    for (const character of Object.values(ASCII)) assert.ok(describeStrip(ASCII).includes(`${character} `));
  });
});
