import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { writeYaml, type YamlMap } from '../../src/schedule/write-yaml.js';
import { group } from '../harness/group.js';

/** Strings that YAML would parse as something else if they were not quoted. */
const MISLEADING = [
  'yes',
  'No',
  'ON',
  'null',
  '~',
  '1',
  '1.0',
  '0x1f',
  '1e3',
  'E0',
  'e-5',
  '',
  ' x',
  '- x',
  'a: b',
  'x #y',
  '*',
  '&a',
  '!t',
  '%',
  '@',
  '`',
  '{}',
  '[]',
  '"',
  "'",
  '\\',
  '${{ x }}',
  '2025-06-01',
  '12:30:00',
  '---',
  'é€🕯',
  'a\nb',
  '\n',
  ' \n x',
  'a\n\n  b \n',
  'a\r\nb',
];

const text = fc.oneof(
  fc.constantFrom(...MISLEADING),
  fc.string(),
  fc.array(fc.constantFrom(...MISLEADING)).map((parts) => parts.join('')),
);
const key = fc.stringMatching(/^k[a-zA-Z0-9./-]{0,12}$/);
const { document } = fc.letrec<{ value: unknown; document: YamlMap }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('document'),
  ),
  document: fc.dictionary(key, tie('value'), {
    maxKeys: 4,
    minKeys: 1,
    noNullPrototype: true,
  }) as fc.Arbitrary<YamlMap>,
}));

group('YAML', (test) => {
  for (const version of ['1.1', '1.2'] as const) {
    test(`reads back as what was written, by YAML ${version}`, () => {
      const property = fc.property(document, (written) => {
        assert.equal(parse(writeYaml(written), { version }), written);
      });
      fc.assert(property, { numRuns: 300 });
    });
  }

  test('leaves out what is undefined and keeps the lines of a text', () => {
    assert.is(writeYaml({ a: undefined, b: { c: undefined } }), 'b: {}\n');
    assert.is(
      writeYaml({ a: { b: 'x\ny' }, c: [[1, 2], { d: 1, e: [] }] }),
      'a:\n  b: |-\n    x\n    y\nc:\n  - - 1\n    - 2\n  - d: 1\n    e: []\n',
    );
    assert.is(writeYaml({ path: 'x\ny\n' }), 'path: |\n  x\n  y\n');
  });
});
