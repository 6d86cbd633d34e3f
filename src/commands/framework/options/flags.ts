import { Problems } from '../../../config/problems.js';
import type { Configuration } from '../../../config/read-configuration.js';
import type { Origin, ResolvedSettings } from '../../../config/resolve-settings.js';
import type { SettingValue } from '../../../config/setting.js';
import { SETTINGS } from '../../../config/settings.js';
import { Failure } from '../../../core/failure.js';
import type { Environment } from '../../../core/io.js';
import { describeNumber, type Limits } from '../../../core/limits.js';
import type { Minute } from '../../../core/minute.js';
import { parseMinute } from '../../../core/parse-time.js';
import { toShellCommand } from '../../../core/shell-words.js';

/** A time counts as future only from so far ahead of the local clock on: that clock may be slow. */
const CLOCK_SLACK_MS = 120_000;

/**
 * The options of one call, read by their full names (`--lock-wait`) and parsed into trusted values.
 *
 * The value of an option that was not given is that of the environment or the configuration file; `isSet`, `atMostOne`
 * and `needs` are about the command line alone. Problems are collected in `problems` and thrown together after reading.
 */
export class Flags {
  constructor(
    private readonly raw: Readonly<Record<string, unknown>>,
    /** Relative paths are resolved against this directory. */
    readonly cwd: string,
    /** Set by `readFlags`. */
    readonly configuration?: Configuration,
    readonly problems = new Problems(),
  ) {}

  /** The variables of `.env`, overridden by the environment's. */
  get environment(): Environment {
    return this.configuration?.environment ?? {};
  }

  isSet(flag: string): boolean {
    const value = this.raw[toOptionKey(flag)];
    return value !== undefined && value !== false;
  }

  text(flag: string): string | undefined {
    const value = this.raw[toOptionKey(flag)] ?? this.configured(flag)?.text;
    if (typeof value !== 'string') return undefined;
    // file names, arguments of programs and texts of PostgreSQL cannot hold NUL
    if (value.includes('\0')) this.problems.add(`${this.nameOf(flag)} holds a NUL character`, 'leave it out');
    else if (value.trim() !== '') return value;
    else this.problems.add(`${flag} was empty`);
    return undefined;
  }

  /** The values of an option that may be repeated. */
  texts(flag: string): string[] {
    const value = this.raw[toOptionKey(flag)];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number within bounds. */
  count(flag: string, bounds: Limits): number | undefined {
    return this.numeric(flag, /^\d+$/, { ...bounds, isWhole: true });
  }

  /** A number within bounds, without sign and exponent. */
  number(flag: string, bounds: Limits): number | undefined {
    return this.numeric(flag, /^\d+(\.\d+)?$|^\.\d+$/, { ...bounds, isWhole: false });
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

  /** The parsed text of an option; the problem of one that is refused is collected. */
  parse<T>(flag: string, parse: (text: string) => T): T | undefined {
    const text = this.text(flag);
    return text === undefined ? undefined : this.problems.attempt(() => parse(text));
  }

  /** Reports options that exclude each other. */
  atMostOne(...flags: string[]): void {
    const given = flags.filter((flag) => this.isSet(flag));
    if (given.length > 1) this.problems.add(`${given.join(' and ')} exclude each other`, 'give one of them');
  }

  /** Reports an option that needs another one. */
  needs(flag: string, other: string): void {
    if (this.isSet(flag) && !this.isSet(other)) this.problems.add(`${flag} needs ${other}`);
  }

  /** Where the value comes from: the option itself, a variable, or a key of the configuration file. */
  nameOf(flag: string): string {
    return this.isSet(flag) ? flag : (this.configured(flag)?.name ?? flag);
  }

  private numeric(
    flag: string,
    form: RegExp,
    { min, max, isWhole }: Limits & { isWhole: boolean },
  ): number | undefined {
    const value: unknown = this.isSet(flag) ? undefined : this.configured(flag)?.value;
    const check = (number: number, shown: string) => {
      if (number >= min && number <= max) return number;
      throw new Failure('usage', `${this.nameOf(flag)} was ${shown}`, {
        hint: `expected ${describeNumber({ min, max }, isWhole)}`,
      });
    };
    if (typeof value === 'number') return this.problems.attempt(() => check(value, String(value)));
    return this.parse(flag, (text) => check(form.test(text) ? Number(text) : NaN, `"${text}"`));
  }

  private configured(flag: string): ConfiguredFlag | undefined {
    return this.configuration && findConfiguredFlag(this.configuration.settings, flag);
  }
}

/** The name of an option among the parsed ones: `lockWait` of `--lock-wait`, `color` of `--no-color`. */
export function toOptionKey(flag: string): string {
  return flag.replace(/^--(no-)?/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The configured value of an option that was not given. */
interface ConfiguredFlag {
  /** Where it is configured, as in `CHARTCTL_SIGMA` or `sigma in "/srv/chartctl.config.json"`. */
  name: string;
  value: SettingValue;
  /** The value in the syntax of the option; undefined for an empty list. */
  text: string | undefined;
}

/** The value that the environment or the configuration file gives to an option; a default is not one. */
function findConfiguredFlag(settings: ResolvedSettings, flag: string): ConfiguredFlag | undefined {
  const setting = SETTINGS.find((candidate) => candidate.flag?.split(' ')[0] === flag);
  if (!setting) return undefined;
  const { value, origin } = settings[setting.key];
  if (value === undefined || origin.kind === 'default') return undefined;
  return { name: nameOfOrigin(setting.key, origin), value, text: textOf(value, setting.key === 'hooks.exec') };
}

function nameOfOrigin(key: string, { kind, name = '' }: Origin): string {
  if (kind === 'file') return `${key} in "${name}"`;
  return kind === '.env' ? `${name} in .env` : name;
}

function textOf(value: SettingValue, isCommand: boolean): string | undefined {
  if (typeof value !== 'object') return String(value);
  if (value.length === 0) return undefined;
  return isCommand ? toShellCommand(value) : value.join(',');
}
