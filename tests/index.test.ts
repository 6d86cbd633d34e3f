import * as assert from 'uvu/assert';
import { describeApi } from './harness/describe-api.js';
import { group } from './harness/group.js';

const PLATFORM_FUNCTIONS = [
  'backfill',
  'calculateIndicators',
  'cleanAndFlagAnomalies',
  'ingestMinute',
  'loadTrainingRows',
  'normalizeFallbackVolume',
  'rebuildIndicators',
];

group("the package's functions and types", (test) => {
  const api = describeApi('src/index.ts');

  test("have the platform's names", () => {
    for (const name of PLATFORM_FUNCTIONS) assert.ok(api.functions.includes(name), name);
  });

  test('are documented, with every member of their parameters and results', () => {
    assert.equal(api.undocumented, []);
  });

  test('can all be named by who imports the package, down to the parts of an answer', () => {
    assert.equal(api.unnamed, []);
    for (const name of ['Candle', 'Readiness', 'GapCause']) assert.ok(api.exported.includes(name), name);
  });
});

group('describeApi', (test) => {
  test('finds undocumented members and types that are not exported', () => {
    const api = describeApi('tests/harness/poor-api.ts');
    assert.equal(api.functions, ['ask']);
    assert.equal(api.undocumented, ['Answer.silent', 'Question', 'ask']);
    assert.equal(api.unnamed, ['Answer', 'Detail']);
  });
});
