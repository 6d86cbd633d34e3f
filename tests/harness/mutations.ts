import fc from 'fast-check';

/** Unexpected values: other types, other units, and names of built-in members of JavaScript. */
const STRANGE_VALUES: readonly unknown[] = [
  ...[null, true, false, '', ' ', [], {}, [[]], [null], { toString: 1 }, { valueOf: null, toString: null }],
  ...['NaN', 'Infinity', '-0', '0x10', '1e5', '1_000', ' 1', '1 ', '+1', '1.', '.5', '١', '1,5', 'null', 'undefined'],
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty', 'a\u0000b', '\uD800', '<html>', "'; DROP TABLE x; --"],
  ...['9'.repeat(20), '9'.repeat(400), `0.${'0'.repeat(19)}1`, '-1', '0', '1'],
  ...[-1, -0, 0, 0.5, 1, 60_000, 1e21, 5e-324, Number.MAX_VALUE, Infinity, -Infinity],
  ...[8.64e15, 8.64e15 + 60_000, -8.64e15 - 60_000, 9_007_199_254_740_000, 253_402_300_800_000, -62_135_596_800_000],
];

const strangeValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...STRANGE_VALUES) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true }) },
);

interface Change {
  how: 'replace' | 'remove' | 'repeat' | 'rename';
  at: number;
  value: unknown;
}

const changes: fc.Arbitrary<Change> = fc.record({
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'repeat', 'rename'),
  at: fc.nat(),
  value: strangeValue,
});

/** Documents with up to two mutations. */
export function mutatedDocument(documents: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(documents, fc.array(changes, { maxLength: 2 }))
    .map(([document, changes]) => changes.reduce(mutateDocument, document));
}

/** JSON in which infinity is written as 1e999. */
export function toJson(document: unknown): string {
  const text = JSON.stringify(document, (_, value: unknown) => (value === Infinity ? '\u0001' : value)) ?? 'undefined';
  return text.replaceAll('"\\u0001"', '1e999');
}

function mutateDocument(document: unknown, change: Change): unknown {
  const root = { document: structuredClone(document) };
  const places = listPlaces(root);
  const { container, key } = places[change.at % places.length]!;
  if (Array.isArray(container)) mutateItem(container, Number(key), change);
  else mutateMember(container, key, change);
  return root.document;
}

type Container = Record<string, unknown>;

function listPlaces(container: Container): { container: Container; key: string }[] {
  return Object.keys(container).flatMap((key) => {
    const value = container[key];
    const below = typeof value === 'object' && value !== null ? listPlaces(value as Container) : [];
    return [{ container, key }, ...below];
  });
}

function mutateItem(items: unknown[], at: number, { how, value }: Change): void {
  if (how === 'remove') items.splice(at, 1);
  else if (how === 'repeat') items.splice(at, 0, items[at]);
  else items[at] = value;
}

function mutateMember(members: Container, key: string, { how, value }: Change): void {
  const held = members[key];
  if (how === 'remove' || how === 'rename') delete members[key];
  // defined, not assigned: in JSON "__proto__" is an ordinary member
  const define = (name: string, member: unknown) =>
    Object.defineProperty(members, name, { value: member, enumerable: true, configurable: true, writable: true });
  if (how === 'rename') define(String(JSON.stringify(value)), held);
  if (how === 'replace' || how === 'repeat') define(key, value);
}

const FRAGMENTS = [
  '',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '#',
  '=',
  '$',
  '%',
  '%zz',
];
const PIECE = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...FRAGMENTS, ...STRANGE_VALUES.filter((value) => typeof value === 'string')),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);

/** Texts in which up to three stretches are removed or replaced. */
export function mutatedText(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({ at: fc.nat(), cut: fc.nat({ max: 8 }), piece: PIECE });
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(texts, fc.array(edit, { maxLength: 3 })).map(([text, edits]) =>
        edits.reduce((edited, { at, cut, piece }) => {
          const place = at % (edited.length + 1);
          return edited.slice(0, place) + piece + edited.slice(place + cut);
        }, text),
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  );
}

/** Bytes of which some are changed, or that are cut off. */
export function mutatedBytes(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  const edit = fc.record({
    at: fc.nat(),
    byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
  });
  const cut = fc.option(fc.nat(), { nil: undefined, freq: 3 });
  return fc.tuple(bytes, fc.array(edit, { maxLength: 4 }), cut).map(([whole, edits, end]) => {
    const changed = Buffer.from(whole);
    for (const { at, byte } of edits) if (changed.length > 0) changed[at % changed.length] = byte;
    return end === undefined ? changed : changed.subarray(0, end % (changed.length + 1));
  });
}
