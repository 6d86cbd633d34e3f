import { toIsoTime } from '../../../terminal/json.js';

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * A part of a JSON document, declared once: the compiler holds the value to it, `toJson` converts the value, and `schema`
 * describes the result.
 */
export interface Shape<Value> {
  readonly schema: JsonSchema;
  // a property, not a method: a shape must take every value of what it stands for
  readonly toJson: (value: Value) => unknown;
}

/** A member that may be absent. */
export interface OptionalShape<Value> extends Shape<Value> {
  readonly isOptional: true;
}

/** The shape of each member of an object, no more and no less: a member that is forgotten does not compile. */
export type MembersOf<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? OptionalShape<Exclude<T[K], undefined>> : Shape<T[K]>;
};

const identity = <Value>(value: Value): Value => value;

export const text: Shape<string> = { schema: { type: 'string' }, toJson: identity };
/** A count, an ID, or a length of time in whole units; never an instant: that is `time`. */
export const integer: Shape<number> = { schema: { type: 'integer' }, toJson: identity };
export const number: Shape<number> = { schema: { type: 'number' }, toJson: identity };
/** A number that may be missing, as in a damaged row; one that JSON cannot hold (NaN, infinity) is null. */
export const numberOrNull: Shape<number | null> = {
  schema: { type: ['number', 'null'] },
  toJson: (value) => (Number.isFinite(value) ? value : null),
};
export const boolean: Shape<boolean> = { schema: { type: 'boolean' }, toJson: identity };
/** Any JSON value, of which this program knows nothing more. */
export const anything: Shape<unknown> = { schema: {}, toJson: identity };

const TIME_SCHEMA: JsonSchema = {
  type: 'string',
  format: 'date-time',
  pattern: '^([+-]\\d{2})?\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?Z$',
};

/** An instant: epoch milliseconds or a Date, ISO 8601 in UTC in the document. */
export const time: Shape<number | Date> = { schema: TIME_SCHEMA, toJson: toIsoTime };

/** An instant as PostgreSQL prints it in UTC, whose microseconds are kept. */
export const databaseTime: Shape<string> = {
  schema: { anyOf: [TIME_SCHEMA, { enum: ['infinity', '-infinity'] }] },
  toJson: (value) => value.replace(/^(\d+)-(\d\d-\d\d)[ T]([\d:.]+)\+00(?::00)?$/, toIsoParts),
};

function toIsoParts(_: string, year: string, day: string, hour: string): string {
  return `${year.length > 4 ? `+${year.padStart(6, '0')}` : year}-${day}T${hour}Z`;
}

/** One of these texts or numbers. */
export function oneOf<const Choice extends string | number>(...choices: readonly Choice[]): Shape<Choice> {
  return { schema: { type: typeof choices[0], enum: choices }, toJson: identity };
}

export function nullable<Value>({ schema, toJson }: Shape<Value>): Shape<Value | null> {
  const { type } = schema;
  const isPlain = typeof type === 'string' && !('enum' in schema);
  const orNull = isPlain ? { ...schema, type: [type, 'null'] } : { anyOf: [schema, { type: 'null' }] };
  return { schema: orNull, toJson: (value) => (value === null ? null : toJson(value)) };
}

export function optional<Value>(shape: Shape<Value>): OptionalShape<Value> {
  return { ...shape, isOptional: true };
}

export function list<Value>({ schema, toJson }: Shape<Value>): Shape<readonly Value[]> {
  return { schema: { type: 'array', items: schema }, toJson: (values) => values.map(toJson) };
}

/** An object whose keys are not known beforehand. */
export function record<Value>({ schema, toJson }: Shape<Value>): Shape<Readonly<Record<string, Value>>> {
  return {
    schema: { type: 'object', additionalProperties: schema },
    toJson: (value) => Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)])),
  };
}

/** Counts by a name, such as rows by source; a name without a count is left out. */
export const counts: Shape<Readonly<Record<string, number | undefined>>> = {
  schema: { type: 'object', additionalProperties: integer.schema },
  toJson: identity,
};

/** An object with exactly these members; other members of the value are not printed. */
export function object<T extends object>(members: MembersOf<T>): Shape<T> {
  const entries = Object.entries<Shape<never>>(members as Record<string, Shape<never>>);
  return {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: entries.filter(([, shape]) => !('isOptional' in shape)).map(([name]) => name),
      properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
    },
    toJson: (value) =>
      Object.fromEntries(
        entries.flatMap(([name, { toJson }]) => {
          const member = (value as Record<string, unknown>)[name];
          return member === undefined ? [] : [[name, toJson(member as never)]];
        }),
      ),
  };
}

/** The shape of a value that is rearranged for the document, to rename a member for example. */
export function from<Value, Arranged>(arrange: (value: Value) => Arranged, shape: Shape<Arranged>): Shape<Value> {
  return { schema: shape.schema, toJson: (value) => shape.toJson(arrange(value)) };
}

/** Adds what the value means to the schema. */
export function about<S extends Shape<never>>(description: string, shape: S): S {
  return { ...shape, schema: { description, ...shape.schema } };
}
