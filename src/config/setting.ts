import type { Limits } from '../core/limits.js';
import { maskCommand, maskUrl } from '../core/secrets.js';
import { splitCommand, toShellCommand } from '../core/shell-words.js';

/** What a value must be, in the words of JSON Schema: as much of them as settings need. */
export interface ValueSchema {
  type?: 'string' | 'number' | 'integer' | 'array';
  pattern?: string;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  items?: ValueSchema;
  minItems?: number;
  uniqueItems?: boolean;
  anyOf?: readonly ValueSchema[];
}

/** Limits in those words. */
export function toBounds({ min, max }: Limits): ValueSchema {
  return { minimum: min, maximum: max };
}

export type SettingValue = string | number | readonly string[];

/** One thing that a person may set, wherever it is said. */
export interface Setting {
  /** Its place in the configuration file: `hooks.exec` is `exec` in the object `hooks`. */
  key: string;
  variable: string;
  /** The flag of the commands that have one, with its argument. */
  flag?: string;
  /** Completes "the setting is ...". */
  meaning: string;
  /** Completes "expected ...". */
  expected: string;
  schema: ValueSchema;
  default?: SettingValue;
  /** What the default is called where it depends on the machine. */
  defaultText?: string;
  /** A path: in the file it is relative to the file's folder. */
  isPath?: boolean;
  /** Whoever knows the value may use it, or it may hold a password: no message shows it. */
  isSecret?: boolean;
}

/** What texts of the configuration may be, as JSON Schema says it: regular expressions with the flag `u`. */

/** Absolute, http or https; whether there can be such a host and port is left to the parser of URLs. */
export const URL_PATTERN =
  "^https?://([!$&'()*+,;=%A-Za-z0-9._~:-]*@)?([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?([/?#][!-~]*)?$";

/** What an operating system takes for a path. */
export const PATH_PATTERN = '^(?!\\s*$)[^\\u0000]+$';

/** Prometheus' textfile collector reads no other files. */
export const METRICS_PATTERN = '^[^\\u0000]*\\.prom$';

/** Some words of which no quote is left open, as `splitCommand` in `src/cli` takes them apart. */
export const COMMAND_PATTERN =
  '^(?!\\s*$)([^"\'\\\\\\u0000]|\\\\([^\\u0000]|$)|"([^"\\\\\\u0000]|\\\\[^\\u0000])*"|\'[^\'\\u0000]*\')+$';

/** An argument of a program. */
export const ARGUMENT_PATTERN = '^[^\\u0000]*$';

/** Days, hours, minutes and seconds, in this order. */
export const DURATION_PATTERN = '^(?=[0-9])([0-9]{1,9}[dD])?([0-9]{1,9}[hH])?([0-9]{1,9}[mM])?([0-9]{1,9}[sS])?$';

export const SYMBOL_PATTERN = '^[A-Za-z0-9._-]{1,20}$';

export const URL_SCHEMA: ValueSchema = { type: 'string', pattern: URL_PATTERN };
export const URL_EXPECTED = 'a URL that begins with https:// or http://';

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
  if (schema.anyOf) return findFaultsOfAnyOf(schema.anyOf, value);
  if (schema.enum) return typeof value === 'string' && schema.enum.includes(value) ? [] : [{ found: value }];
  if (schema.type === 'array') return Array.isArray(value) ? findFaultsOfList(schema, value) : [{ found: value }];
  const isRight = schema.type === 'string' ? isValidText(schema, value) : isValidNumber(schema, value);
  return isRight ? [] : [{ found: value }];
}

/** Of the kinds that a value may have, the one it has is the one whose faults are worth telling. */
function findFaultsOfAnyOf(schemas: readonly ValueSchema[], value: unknown): Fault[] {
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

function isValidText({ pattern }: ValueSchema, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return false;
  return pattern !== URL_PATTERN || URL.canParse(value);
}

function isValidNumber({ type, minimum = -Infinity, maximum = Infinity }: ValueSchema, value: unknown): boolean {
  if (typeof value !== 'number' || (type === 'integer' && !Number.isInteger(value))) return false;
  return value >= minimum && value <= maximum;
}

/** The value of a setting as it may be shown. */
export function maskSetting(key: string, value: SettingValue, isSecret = false): SettingValue {
  if (key === 'hooks.exec') {
    return typeof value === 'object' ? maskCommand(value) : toShellCommand(maskCommand(splitCommand(String(value))));
  }
  const mask = (text: string) => (/^https?:\/\//i.test(text) ? maskUrl(text, isSecret) : text);
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? mask(value) : value.map(mask);
}
