import * as assert from 'uvu/assert';
import { linkToPlace, parsePlace } from '../../../src/report/tables/place-link.js';
import { group } from '../../harness/group.js';

const time = (text: string) => Date.parse(`2025-06-01T${text}Z`);
const PLACE = { id: 'symbol-2', range: { from: time('00:00'), to: time('12:00') } };

group('links to places on a chart', (test) => {
  test('a stretch is a link whose address names it', () => {
    const stretch = { from: time('10:00'), to: time('11:20') };
    const { text } = linkToPlace(PLACE, stretch);
    assert.is(text, '<a href="#symbol-2/2025-06-01T10:00/80">2025-06-01 10:00 – 11:20</a>');
    assert.equal(parsePlace('#symbol-2/2025-06-01T10:00/80'), { id: 'symbol-2', stretch });
  });

  test('what is outside the chart is no link', () => {
    assert.is(linkToPlace(PLACE, { from: time('12:00'), to: time('13:00') }, 'job 3').text, 'job 3');
    assert.match(linkToPlace(PLACE, { from: time('11:00'), to: time('13:00') }).text, /^<a /);
  });

  test('another address names no place', () => {
    for (const hash of ['', '#symbol-2', '#content', '#symbol-2/2025-06-01T10:00', '#symbol-2/2025-99-01T10:00/80']) {
      assert.is(parsePlace(hash), null, hash);
    }
  });
});
