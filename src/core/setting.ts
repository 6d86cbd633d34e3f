import type { Limits } from './limits.js';

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
