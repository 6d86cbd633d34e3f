import fc from 'fast-check';
import type { ValueSchema } from '../../src/config/setting.js';
import { SETTINGS } from '../../src/config/settings.js';

/** Valid and invalid values of a setting, by its schema. */
function valuesOf(schema: ValueSchema): fc.Arbitrary<unknown> {
  const strange = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>('', ' ', '600', -1, 0, 0.1, 1e9, null, true, [], {}, [''], [[]], 'a\u0000b', 'okx', [
      'all',
    ]),
  );
  return fc.oneof({ weight: 3, arbitrary: likely(schema) }, { weight: 1, arbitrary: strange });
}

const URLS = fc.webUrl({ validSchemes: ['https', 'http', 'ftp'], withFragments: true, withQueryParameters: true });
const TEXTS = 'metrics.prom,/var/lib/x.prom,7d,1d12h,12h1d,90,BTCUSDT,btc/usdt,train "now,a b'.split(',');

function likely(schema: ValueSchema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(likely));
  if (schema.enum) return fc.constantFrom(...schema.enum, schema.enum[0]!.toUpperCase(), 'other');
  const { minimum = 0, maximum = 1 } = schema;
  if (schema.type === 'array') return fc.array(likely(schema.items ?? {}), { maxLength: 4 });
  if (schema.type === 'integer') {
    const whole = fc.integer({ min: minimum - 2, max: maximum + 2 });
    return fc.oneof(whole, fc.constantFrom(minimum, maximum, minimum + 0.5));
  }
  if (schema.type === 'number') {
    const number = fc.double({ min: minimum - 1, max: maximum + 1, noNaN: true });
    return fc.oneof(number, fc.constantFrom(minimum, maximum));
  }
  return fc.oneof(fc.string(), URLS, fc.constantFrom(...TEXTS));
}

/** The key of a setting with a value for it, or an unknown key. */
const MEMBERS = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.oneof(...SETTINGS.map(({ key, schema }) => fc.tuple(fc.constant<string>(key), valuesOf(schema)))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('symbls', 'rules.wiht', 'hooks.secret', 'databaseUrl', '__proto__', 'a/b~c%d'),
      fc.jsonValue(),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('$schema', 'rules', 'hooks', 'retrain'), fc.jsonValue({ maxDepth: 1 })),
  },
);

/** Valid, nearly valid and arbitrary documents. */
export const DOCUMENTS: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: fc.array(MEMBERS, { maxLength: 4 }).map(toDocument) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

function toDocument(members: readonly (readonly [string, unknown])[]): unknown {
  const document = new Map<string, unknown>();
  const groups = new Map<string, [string, unknown][]>();
  for (const [key, value] of members) {
    const [group = '', name] = key.split('.');
    if (name === undefined) document.set(group, value);
    else groups.set(group, [...(groups.get(group) ?? []), [name, value]]);
  }
  for (const [group, entries] of groups) document.set(group, Object.fromEntries(entries));
  return JSON.parse(JSON.stringify(Object.fromEntries(document)));
}
