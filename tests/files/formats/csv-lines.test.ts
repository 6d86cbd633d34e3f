import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { formatCsvNumber } from '../../../src/files/formats/csv-lines.js';
import { storeGroup } from '../../harness/store-group.js';

const EDGES = [
  0, -0, 1, -1.5, 1e15, 999999999999999.9, 1e-4, 9.999e-5, 1e-6, 1e-7, 1.5e-8, 1e22, 5.1e-300, 1.7e308,
  123456789012345680,
];

storeGroup('numbers in CSV', (test) => {
  test('are the text that the database writes', async ({ store }) => {
    const random = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), {
      numRuns: 300,
      seed: 5,
    });
    const small = random.map((number) => number * 1e-15);
    const numbers = [...EDGES, ...random, ...small];
    const { rows } = await store.knex.raw<{ rows: { text: string }[] }>(
      `SELECT number::text AS text FROM unnest(?::float8[]) WITH ORDINALITY AS v(number, place) ORDER BY place`,
      [`{${numbers.map((number) => (Object.is(number, -0) ? '-0' : String(number))).join(',')}}`],
    );
    assert.equal(
      numbers.map(formatCsvNumber),
      rows.map(({ text }) => text),
    );
  });
});
