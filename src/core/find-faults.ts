import { URL_PATTERN } from './setting-patterns.js';
import type { ValueSchema } from './setting.js';

/** A value, or the item of a list, that is not what its setting may be. */
export interface Fault {
  /** Which item of the list; undefined: the value itself. */
  item?: number;
  found: unknown;
}

/**
 * What of a value is not as its schema wants it; empty when all is well.
 *
 * It answers for the environment, where no validator needs loading, what the published schema answers for the file.
 * A URL must besides be one to the parser of URLs, which knows that there is no port 99999.
 */
export function findFaults(schema: ValueSchema, value: unknown): Fault[] {
  if (schema.anyOf) return findFaultsOfEither(schema.anyOf, value);
  if (schema.enum) return typeof value === 'string' && schema.enum.includes(value) ? [] : [{ found: value }];
  if (schema.type === 'array') return Array.isArray(value) ? findFaultsOfList(schema, value) : [{ found: value }];
  const isRight = schema.type === 'string' ? isRightText(schema, value) : isRightNumber(schema, value);
  return isRight ? [] : [{ found: value }];
}

/** Of the kinds that a value may have, the one it has is the one whose faults are worth telling. */
function findFaultsOfEither(schemas: readonly ValueSchema[], value: unknown): Fault[] {
  const found = schemas.map((schema) => findFaults(schema, value));
  if (found.some((faults) => faults.length === 0)) return [];
  return found.find((faults) => faults.some(({ item }) => item !== undefined)) ?? [{ found: value }];
}

function findFaultsOfList({ items, minItems = 0, uniqueItems }: ValueSchema, values: readonly unknown[]): Fault[] {
  if (values.length < minItems) return [{ found: values }];
  return values.flatMap((value, item): Fault[] => {
    const isRepeated = uniqueItems && values.indexOf(value) < item;
    return isRepeated || (items && findFaults(items, value).length > 0) ? [{ item, found: value }] : [];
  });
}

function isRightText({ pattern }: ValueSchema, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return false;
  return pattern !== URL_PATTERN || URL.canParse(value);
}

function isRightNumber({ type, minimum = -Infinity, maximum = Infinity }: ValueSchema, value: unknown): boolean {
  if (typeof value !== 'number' || (type === 'integer' && !Number.isInteger(value))) return false;
  return value >= minimum && value <= maximum;
}
