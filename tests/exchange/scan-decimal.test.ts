import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseDecimal } from '../../src/exchange/http/parse-values.js';
import { scanDecimal } from '../../src/exchange/scan-decimal.js';
import { group } from '../harness/group.js';
import { RUN_SEED } from '../harness/trial.js';

const scan = (text: string) => scanDecimal(Buffer.from(text), 0, Buffer.byteLength(text));

group('scanDecimal', (test) => {
  test('reads plain decimals to the nearest double', () => {
    const texts = [
      '0',
      '1',
      '60123.45000000',
      '0.00000001',
      '123456789012.34567891',
      '007.50',
      '-1.5',
      '922337203685.00',
    ];
    for (const text of texts) assert.is(scan(text), Number(text), text);
  });

  test('reads more digits than a double holds as Number does', () => {
    const limits = ['9007199254740991', '9007199254740992', '9007199254740993', '90071992.54740993'];
    const texts = [...limits, '0.3000000000000000166', '12345678901234567890.12345678901234567890'];
    for (const text of texts) assert.is(scan(text), Number(text), text);
  });

  test('keeps the sign of zero', () => {
    assert.ok(Object.is(scan('-0.00'), -0));
    assert.ok(Object.is(scan('0.00'), 0));
  });

  test('refuses what is not a plain decimal', () => {
    const tooLong = '1'.repeat(21);
    const texts = [
      '',
      '-',
      '.',
      '1.',
      '.5',
      '-.5',
      '+1',
      '1e5',
      ' 1',
      '1 ',
      '1..2',
      '1.2.3',
      '--1',
      '1,5',
      'NaN',
      '0x1',
      '١',
    ];
    for (const text of [...texts, tooLong, `0.${tooLong}`]) assert.ok(Number.isNaN(scan(text)), text);
  });

  test('reads only its range of the bytes', () => {
    const bytes = Buffer.from('9,12.5,9');
    assert.is(scanDecimal(bytes, 2, 6), 12.5);
    assert.is(scanDecimal(bytes, 2, 4), 12);
    assert.ok(Number.isNaN(scanDecimal(bytes, 3, 3)));
  });

  test('gives the same bits as parseDecimal, whatever the text', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 21 });
    const decimal = fc
      .tuple(fc.constantFrom('', '-'), digits, fc.constantFrom('', '.'), digits)
      .map((it) => it.join(''));
    const damaged = fc.string({ unit: fc.constantFrom(...'0123456789.-+e, '), maxLength: 12 });
    const double = fc.double({ noNaN: true, min: 1e-10, max: 1e15 }).map((value) => value.toFixed(12));
    const property = fc.property(fc.oneof(decimal, damaged, double), (text) => {
      assert.ok(Object.is(scan(text), parseDecimal(text)), text);
    });
    fc.assert(property, { numRuns: 5_000, seed: RUN_SEED });
  });
});
