import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseJson } from '../../src/config/json-text.js';
import { Failure } from '../../src/core/failure.js';
import { group } from '../harness/group.js';

function problemOf(text: string): { message: string; hint: string | undefined } {
  try {
    parseJson(text, 'the file');
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

const accepts = (parse: () => unknown) => {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Failure) return false;
    throw error;
  }
};

/** JSON texts, and such with a character changed, left out or added. */
const TEXTS = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.boolean(),
    fc.nat(),
    fc.constantFrom('', ',', '}', ']', '"', '1', '.', '-', 'e', '\n', '\\', ':', 'null', '\u0000', '\u0085'),
  )
  .map(([text, isSpaced, at, piece]) => {
    const whole = isSpaced ? JSON.stringify(JSON.parse(text), null, '\t') : text;
    const place = at % (whole.length + 1);
    return whole.slice(0, place) + piece + whole.slice(place + (at % 2));
  });

group('JSON text', (test) => {
  test('is accepted exactly where JSON.parse accepts it, with the same value', () => {
    fc.assert(
      fc.property(TEXTS, (text) => {
        const isJson = accepts(() => JSON.parse(text));
        assert.is(
          accepts(() => parseJson(text, 'it')),
          isJson,
          text,
        );
        if (isJson) assert.equal(parseJson(text, 'it').value, JSON.parse(text));
      }),
      { numRuns: 2000, seed: 20261122 },
    );
  });

  const faults: [string, string, string][] = [
    [
      '{\n  "a": 1,\n}',
      'the file is not valid JSON: found "}" in line 3, column 1',
      'expected a name in double quotes',
    ],
    ['{ "a" 1 }', 'the file is not valid JSON: found "1" in line 1, column 7', 'expected a colon'],
    ['[1 2]', 'the file is not valid JSON: found "2" in line 1, column 4', 'expected a comma or ]'],
    ['{"a": tru}', 'the file is not valid JSON: found "tru" in line 1, column 7', 'expected a value'],
    ['{"a": 01}', 'the file is not valid JSON: found "1" in line 1, column 8', 'expected a comma or }'],
    ['{"a": 1', 'the file is not valid JSON: found the end of the file in line 1, column 8', 'expected a comma or }'],
    ['{} x', 'the file is not valid JSON: found "x" in line 1, column 4', 'expected the end of the file'],
    ['', 'the file is not valid JSON: found the end of the file in line 1, column 1', 'expected a value'],
    [
      '{\n// why\n}',
      'the file is not valid JSON: found "/" in line 2, column 1',
      'expected a name in double quotes; JSON has no comments',
    ],
    ["{'a': 1}", `the file is not valid JSON: found "'" in line 1, column 2`, 'expected a name in double quotes'],
  ];
  for (const [text, message, hint] of faults) {
    test(`${JSON.stringify(text)}: ${message}`, () => {
      const problem = problemOf(text);
      assert.is(problem.message, message);
      assert.is(problem.hint, hint);
    });
  }

  test('reports the line of each member and element', () => {
    const { lineOf } = parseJson('{\n"a": [\n1,\n2],\n"b/c~": {\n"d": 3}}', 'it');
    assert.equal(['', '/a', '/a/0', '/a/1', '/b~1c~0', '/b~1c~0/d', '/e'].map(lineOf), [1, 2, 3, 4, 5, 6, undefined]);
  });

  test('reports members that an object has twice, also behind escapes', () => {
    assert.equal(parseJson('{"a": 1, "b": {"a": 2}, "\\u0061": 3}', 'it').repeated, ['/a']);
    assert.equal(parseJson('{"a": 1, "b": [{"a": 1}, {"a": 1}]}', 'it').repeated, []);
  });

  test('too deep nesting is refused, a long text is not', () => {
    assert.is(problemOf('['.repeat(100_000)).hint, 'expected at most 32 levels');
    assert.is((parseJson(`["${'x'.repeat(500_000)}"]`, 'it').value as string[])[0]!.length, 500_000);
  });

  test('a name with a lone surrogate is a name like others', () => {
    assert.is(parseJson('{\n"\\ud800": 1}', 'it').lineOf('/\ud800'), 2);
  });
});
