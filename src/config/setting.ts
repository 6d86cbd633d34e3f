import { DURATION_PATTERN } from '../core/duration.js';
import { describeNumber, type Limits } from '../core/limits.js';
import { maskCommand, maskUrl } from '../core/secrets.js';
import { splitCommand, toShellCommand } from '../core/shell-words.js';

/** The keywords of JSON Schema that settings need. Patterns are regular expressions with the flag `u`. */
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

export type SettingValue = string | number | readonly string[];

/** One setting, for the configuration file, the environment and the flags. */
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
  /** The default in words, where it depends on the machine. */
  defaultText?: string;
  /** A path: in the file it is relative to the file's folder. */
  isPath?: boolean;
  /** The value grants access or may hold a password: no message shows it. */
  isSecret?: boolean;
}

/** Absolute, http or https; `findFaults` asks the parser of URLs whether there can be such a host and port. */
const URL_PATTERN =
  "^https?://([!$&'()*+,;=%A-Za-z0-9._~:-]*@)?([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?([/?#][!-~]*)?$";

/** Operating systems take no empty path and no NUL character. */
export const PATH_PATTERN = '^(?!\\s*$)[^\\u0000]+$';

/** A URL of http or https. */
export const URL_VALUE = {
  expected: 'a URL that begins with https:// or http://',
  schema: { type: 'string', pattern: URL_PATTERN },
} as const satisfies Pick<Setting, 'expected' | 'schema'>;

/** Where an archive is: a URL, or a folder, which is relative to the working directory. */
export const PLACE_VALUE = {
  expected: 'a URL that begins with https://, http:// or file://, or the path of a folder',
  schema: {
    anyOf: [
      { type: 'string', pattern: URL_PATTERN },
      { type: 'string', pattern: '^(file://[^\\u0000]+|(?![A-Za-z][A-Za-z0-9+.-]*://)(?!\\s*$)[^\\u0000]+)$' },
    ],
  },
} as const satisfies Pick<Setting, 'expected' | 'schema'>;

export const DURATION_VALUE = {
  expected: 'a duration such as 90s, 15m, 12h, 7d or 1d12h',
  schema: { type: 'string', pattern: DURATION_PATTERN },
} as const satisfies Pick<Setting, 'expected' | 'schema'>;

/** A number within limits, both included. */
export function numberWithin(limits: Limits, isWhole = false): Pick<Setting, 'expected' | 'schema'> {
  return {
    expected: describeNumber(limits, isWhole),
    schema: { type: isWhole ? 'integer' : 'number', minimum: limits.min, maximum: limits.max },
  };
}

/** A value, or the item of a list, that its schema does not allow. */
export interface Fault {
  /** The place of the item in the list; undefined: the value itself. */
  item?: number;
  found: unknown;
}

/**
 * The faults of a value by its schema; empty when there are none.
 *
 * The published JSON Schema accepts the same values, apart from URLs that only the parser of URLs refuses, such as
 * those with port 99999.
 */
export function findFaults(schema: ValueSchema, value: unknown): Fault[] {
  if (schema.anyOf) return findFaultsOfAnyOf(schema.anyOf, value);
  if (schema.enum) return typeof value === 'string' && schema.enum.includes(value) ? [] : [{ found: value }];
  if (schema.type === 'array') return Array.isArray(value) ? findFaultsOfList(schema, value) : [{ found: value }];
  const isValid = schema.type === 'string' ? isValidText(schema, value) : isValidNumber(schema, value);
  return isValid ? [] : [{ found: value }];
}

/** The faults by the schema of the value's own type: those of its items are more precise than "none of the types". */
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
