import { Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { checkDocument, findSettingValue } from '../../src/config/config-file.js';
import { configSchema, formatConfigSchema } from '../../src/config/config-schema.js';
import { findFaults } from '../../src/config/setting.js';
import { SETTINGS } from '../../src/config/settings.js';
import { FALLBACK_NAMES } from '../../src/exchange/fallbacks/fallbacks.js';
import { group } from '../harness/group.js';
import { DOCUMENTS } from './config-document.js';

const SCHEMA = configSchema();
const VALIDATOR = new Validator(SCHEMA, '2020-12', false);
const RUNS = { numRuns: 800, seed: 20261122 };
const GROUPS = new Set(SETTINGS.flatMap(({ key }) => (key.includes('.') ? [key.split('.')[0]!] : [])));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether every value of a document passes the check that is also applied to the environment. */
function isValid(document: unknown): boolean {
  if (!isObject(document)) return false;
  const known = new Set(SETTINGS.map(({ key }): string => key));
  const members = Object.entries(document).flatMap(([name, value]): [string, unknown][] => {
    if (!GROUPS.has(name)) return [[name, value]];
    if (!isObject(value)) return [['no object', value]];
    return Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, one]);
  });
  return members.every(([key, value]) => {
    if (key === '$schema') return typeof value === 'string';
    return known.has(key) && findFaults(SETTINGS.find((setting) => setting.key === key)!.schema, value).length === 0;
  });
}

/** Whether the schema's pattern takes a text in it for a URL that the parser of URLs refuses. */
const hasInvalidUrl = (document: unknown): boolean =>
  JSON.stringify(document)
    .match(/"https?:[^"]*"/g)
    ?.some((text) => !URL.canParse(JSON.parse(text) as string)) ?? false;

group('the check of a configuration file', (test) => {
  test('accepts the same documents as the published schema', () => {
    let accepted = 0;
    fc.assert(
      fc.property(DOCUMENTS, (document) => {
        fc.pre(!hasInvalidUrl(document));
        const { valid } = VALIDATOR.validate(document);
        assert.is(checkDocument(document).length === 0, valid, JSON.stringify(document));
        accepted += valid ? 1 : 0;
      }),
      RUNS,
    );
    assert.ok(accepted > 100 && accepted < 700, `${accepted} of ${RUNS.numRuns} were accepted`);
  });

  test('reports a problem if and only if a value is refused', () => {
    fc.assert(
      fc.property(DOCUMENTS, (document) => {
        const problems = checkDocument(document);
        assert.is(problems.length === 0, isValid(document), JSON.stringify({ document, problems }));
        for (const { message, hint } of problems) assert.ok(message.length > 0 && hint.length > 0);
      }),
      RUNS,
    );
  });

  const messages: [unknown, string, string][] = [
    [{ symbls: ['BTCUSDT'] }, 'there is no setting "symbls"', 'did you mean "symbols"?'],
    [{ rules: { wihtout: [] } }, 'there is no setting "rules.wihtout"', 'did you mean "without"?'],
    [{ exec: 'x' }, 'there is no setting "exec"', 'did you mean "hooks.exec"?'],
    [
      { symbols: 'BTCUSDT' },
      'symbols was "BTCUSDT"',
      'expected an array: symbols of 1 to 20 letters, digits and . _ - as in BTCUSDT',
    ],
    [
      { symbols: ['BTC/USDT'] },
      'symbols[0] was "BTC/USDT"',
      'expected symbols of 1 to 20 letters, digits and . _ - as in BTCUSDT',
    ],
    [{ window: '600' }, 'window was "600"', 'expected a whole number in the range 1 to 1000000'],
    [{ window: 0.5 }, 'window was 0.5', 'expected a whole number in the range 1 to 1000000'],
    [{ sigma: null }, 'sigma was null', 'expected a number in the range 0.1 to 100'],
    [{ fallback: ['okx', 'okx'] }, 'fallback[1] was "okx"', `expected some of ${FALLBACK_NAMES.join(', ')}; each once`],
    [
      { fallbackUrls: { okx: 'https://h:99999' } },
      'fallbackUrls.okx was "https://h:99999"',
      'expected a URL that begins with https:// or http://',
    ],
    [{ rules: ['price_jump'] }, 'rules was an array', 'expected an object { ... }'],
    [[], 'found []', 'expected an object of settings, as in { "symbols": ["BTCUSDT"] }'],
    [
      { databaseUrl: 'postgres://me:geheim@db/x' },
      '"databaseUrl" does not belong in a file, because files get committed',
      'set DATABASE_URL in the environment or in .env',
    ],
    [
      { DATABASE_URL: 'geheim' },
      '"DATABASE_URL" does not belong in a file, because files get committed',
      'set DATABASE_URL in the environment or in .env',
    ],
    [
      { hooks: { webhookSecret: 'geheim' } },
      '"hooks.webhookSecret" does not belong in a file, because files get committed',
      'set CHARTCTL_WEBHOOK_SECRET in the environment or in .env',
    ],
    [{ pingUrl: 'geheim' }, 'pingUrl was not understood', 'expected a URL that begins with https:// or http://'],
    [
      { hooks: { exec: ['train', 5] } },
      'hooks.exec[1] was not understood',
      'expected a command whose quotes are closed, or an array of a program and its arguments',
    ],
  ];
  for (const [document, message, hint] of messages) {
    test(`${JSON.stringify(document)}: ${message}`, () => {
      const problems = checkDocument(document);
      assert.equal(
        problems.map((problem) => [problem.message, problem.hint]),
        [[message, hint]],
      );
      assert.not.match(JSON.stringify(problems), 'geheim');
    });
  }

  test('reports several problems together', () => {
    const problems = checkDocument({ window: 'x', symbls: 1, hooks: { webhook: 5, exex: '' } });
    assert.equal(problems.map(({ pointer }) => pointer).sort(), [
      '/hooks/exex',
      '/hooks/webhook',
      '/symbls',
      '/window',
    ]);
  });

  test('an inherited member is not a value, and a dot in a name does not make a group', () => {
    assert.is(findSettingValue({}, 'constructor'), undefined);
    assert.is(findSettingValue({ hooks: { exec: 'a' } }, 'hooks.exec'), 'a');
    assert.equal(checkDocument({ 'hooks.exec': 'a' })[0]?.message, 'there is no setting "hooks.exec"');
  });
});

const PYTHON = 'python3';
const VALIDATE = `
import json, sys, jsonschema
schema, documents = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
print(json.dumps([validator.is_valid(document) for document in documents]))`;

group('the published schema', (test) => {
  test('describes every setting, with its default', () => {
    const text = JSON.parse(formatConfigSchema()) as Record<string, unknown>;
    assert.is(text.$schema, 'https://json-schema.org/draft/2020-12/schema');
    assert.is(text.$id, 'urn:chartctl:config:1');
    for (const { key, variable, default: value } of SETTINGS) {
      const property = findSettingValue(text, `properties.${key.split('.').join('.properties.')}`);
      assert.ok(isObject(property), key);
      assert.match(String(property.description), variable);
      assert.equal(property.default, value);
    }
    const names = JSON.stringify(text.properties).match(/"properties"/g)!.length;
    assert.is(names, GROUPS.size);
  });

  const hasPython = spawnSync(PYTHON, ['-c', 'import jsonschema']).status === 0;
  const title = 'is valid for another validator, which accepts the same documents';
  if (!hasPython) return test.skip(title, `no jsonschema for ${PYTHON}`);
  test(title, () => {
    const documents = fc.sample(DOCUMENTS, RUNS).filter((document) => JSON.stringify(document).length < 2000);
    const byNode = documents.map((document) => VALIDATOR.validate(document).valid);
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', VALIDATE], { input: JSON.stringify([SCHEMA, documents]) });
    assert.is(stderr.toString(), '');
    const byPython = JSON.parse(stdout.toString()) as boolean[];
    const differing = documents.filter((_, i) => byNode[i] !== byPython[i]);
    assert.equal(differing, []);
    assert.ok(documents.length > 600);
  });
});
