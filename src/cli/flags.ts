import type { Environment } from '../core/environment.js';
import { Failure } from '../core/failure.js';
import type { Limits } from '../core/limits.js';
import type { Minute } from '../core/minute.js';
import { configuredFlag, type ConfiguredFlag } from './configured-flag.js';
import { parseMinute } from './parse-time.js';
import { Problems } from './problems.js';
import type { Configuration } from './read-configuration.js';

/** How far ahead the local clock may be refused as "future": a clock that is a little slow is no mistake of the person. */
const CLOCK_SLACK_MS = 120_000;

/**
 * The flags of one call, read by their full names (`--lock-wait`) and turned into trusted values.
 *
 * The value of a flag that was not given is what the environment or the configuration file says instead, if anything;
 * `isSet`, `atMostOne` and `needs` speak only of what was given. Problems are collected in `problems` and thrown
 * together at the end of the reading.
 */
export class Flags {
  constructor(
    private readonly raw: Readonly<Record<string, unknown>>,
    /** The directory that relative paths mean. */
    readonly cwd: string,
    /** What was configured; `readFlags` reads it. */
    readonly configuration?: Configuration,
    readonly problems = new Problems(),
  ) {}

  /** The environment's variables over those of `.env`. */
  get environment(): Environment {
    return this.configuration?.environment ?? {};
  }

  isSet(flag: string): boolean {
    const value = this.raw[toKey(flag)];
    return value !== undefined && value !== false;
  }

  text(flag: string): string | undefined {
    const value = this.raw[toKey(flag)] ?? this.configured(flag)?.text;
    if (typeof value !== 'string') return undefined;
    // no file's name, no argument of a program and no text in a database holds one
    if (value.includes('\0')) this.problems.add(`${this.nameOf(flag)} holds a NUL character`, 'leave it out');
    else if (value.trim() !== '') return value;
    else this.problems.add(`${flag} was empty`);
    return undefined;
  }

  /** The values of a flag that may be repeated. */
  texts(flag: string): string[] {
    const value = this.raw[toKey(flag)];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number within bounds. */
  count(flag: string, bounds: Limits): number | undefined {
    return this.numeric(flag, /^\d+$/, { ...bounds, what: 'a whole number' });
  }

  /** A number within bounds; exponents and signs are not needed and not understood. */
  number(flag: string, bounds: Limits): number | undefined {
    return this.numeric(flag, /^\d+(\.\d+)?$|^\.\d+$/, { ...bounds, what: 'a number' });
  }

  /** A minute that has begun. */
  minute(flag: string): Minute | undefined {
    return this.parse(flag, (text) => {
      const minute = parseMinute(text);
      if (minute > Date.now() + CLOCK_SLACK_MS) throw new Failure('usage', `${flag} "${text}" is in the future`);
      return minute;
    });
  }

  choice<const T extends string>(flag: string, choices: readonly T[]): T | undefined {
    return this.parse(flag, (text) => {
      const choice = choices.find((candidate) => candidate === text.toLowerCase());
      if (choice) return choice;
      throw new Failure('usage', `${this.nameOf(flag)} was "${text}"`, { hint: `expected ${choices.join(', ')}` });
    });
  }

  /** Any text of the flag through `parse`; its problem is collected. */
  parse<T>(flag: string, parse: (text: string) => T): T | undefined {
    const text = this.text(flag);
    return text === undefined ? undefined : this.problems.attempt(() => parse(text));
  }

  /** Reports flags of which only one makes sense. */
  atMostOne(...flags: string[]): void {
    const given = flags.filter((flag) => this.isSet(flag));
    if (given.length > 1) this.problems.add(`${given.join(' and ')} exclude each other`, 'give one of them');
  }

  /** Reports a flag that means nothing without another one. */
  needs(flag: string, other: string): void {
    if (this.isSet(flag) && !this.isSet(other)) this.problems.add(`${flag} needs ${other}`);
  }

  /** Who says the flag's value: the flag itself, a variable, or a place in the configuration file. */
  nameOf(flag: string): string {
    return this.isSet(flag) ? flag : (this.configured(flag)?.name ?? flag);
  }

  private numeric(flag: string, form: RegExp, { min, max, what }: Limits & { what: string }): number | undefined {
    const value: unknown = this.isSet(flag) ? undefined : this.configured(flag)?.value;
    const check = (number: number, shown: string) => {
      if (number >= min && number <= max) return number;
      throw new Failure('usage', `${this.nameOf(flag)} was ${shown}`, {
        hint: `expected ${what} in the range ${min} to ${max}`,
      });
    };
    if (typeof value === 'number') return this.problems.attempt(() => check(value, String(value)));
    return this.parse(flag, (text) => check(form.test(text) ? Number(text) : NaN, `"${text}"`));
  }

  private configured(flag: string): ConfiguredFlag | undefined {
    return this.configuration && configuredFlag(this.configuration.choices, flag);
  }
}

function toKey(flag: string): string {
  return flag.replace(/^--(no-)?/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
