import { Validator, type Schema } from '@cfworker/json-schema';

/** What the Table Schema standard lets a field of these types be constrained by. */
const FIELD: Schema = {
  type: 'object',
  required: ['name', 'type', 'description'],
  properties: {
    name: { type: 'string', minLength: 1 },
    type: { enum: ['string', 'number', 'datetime'] },
    description: { type: 'string', minLength: 1 },
    unit: { type: 'string', minLength: 1 },
    constraints: {
      type: 'object',
      minProperties: 1,
      properties: { required: { type: 'boolean' }, enum: { type: 'array', minItems: 1, uniqueItems: true } },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
};

const TABLE_SCHEMA: Schema = {
  type: 'object',
  required: ['fields', 'primaryKey', 'missingValues'],
  properties: {
    fields: { type: 'array', minItems: 1, items: FIELD },
    primaryKey: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
    missingValues: { type: 'array', items: { type: 'string' } },
  },
  additionalProperties: false,
};

const DIALECT: Schema = {
  type: 'object',
  properties: {
    header: { type: 'boolean' },
    delimiter: { type: 'string', minLength: 1 },
    lineTerminator: { type: 'string', minLength: 1 },
    itemType: { enum: ['array', 'object'] },
  },
  additionalProperties: false,
};

/** A resource's path is relative, goes into no parent, and does not begin as hidden or home folders do. */
const RESOURCE: Schema = {
  type: 'object',
  required: ['name', 'path', 'type', 'format', 'mediatype', 'bytes', 'hash', 'schema', 'chartctl'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9._-]+$' },
    title: { type: 'string', minLength: 1 },
    path: { type: 'string', pattern: '^(?![./~])(?!file:)((?!/\\.\\./)(?!\\\\)(?!://).)+$' },
    type: { const: 'table' },
    format: { type: 'string' },
    mediatype: { type: 'string', pattern: '^(.+)/(.+)$' },
    encoding: { const: 'utf-8' },
    compression: { const: 'gz' },
    bytes: { type: 'integer', minimum: 0 },
    hash: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
    dialect: DIALECT,
    schema: TABLE_SCHEMA,
    chartctl: { type: 'object' },
  },
  additionalProperties: false,
};

const PACKAGE: Schema = {
  type: 'object',
  required: ['$schema', 'name', 'resources', 'created', 'chartctl'],
  properties: {
    $schema: { const: 'https://datapackage.org/profiles/2.0/datapackage.json' },
    name: { type: 'string', pattern: '^[a-z0-9._/-]+$' },
    title: { type: 'string', minLength: 1 },
    resources: { type: 'array', minItems: 1, items: RESOURCE },
    created: { type: 'string', format: 'date-time' },
    chartctl: { type: 'object' },
  },
  additionalProperties: false,
};

const validator = new Validator(PACKAGE, '7', false);

/** What of a manifest breaks the Data Package standard 2.0, or is a property that it does not know; besides `chartctl`. */
export function findPackageFaults(manifest: object): string[] {
  const { errors } = validator.validate(manifest);
  const { resources } = manifest as {
    resources: { name: string; schema: { fields: { name: string }[]; primaryKey: string[] } }[];
  };
  const names = resources.map(({ name }) => name);
  return [
    ...errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`),
    ...names.filter((name, i) => names.indexOf(name) !== i).map((name) => `two resources are named ${name}`),
    ...resources.flatMap(({ schema: { fields, primaryKey } }) =>
      primaryKey.filter((key) => !fields.some(({ name }) => name === key)).map((key) => `${key} is a key but no field`),
    ),
  ];
}
