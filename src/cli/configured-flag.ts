import type { Choices, Origin } from '../core/choose-settings.js';
import type { SettingValue } from '../core/setting.js';
import { SETTINGS } from '../core/settings.js';
import { toShellCommand } from '../core/quote-for-shell.js';

/** What stands in for a flag that was not given. */
export interface ConfiguredFlag {
  /** Who says it, as in `CHARTCTL_SIGMA` or `sigma in "/srv/chartctl.config.json"`. */
  name: string;
  value: SettingValue;
  /** The value as the flag would have it; undefined for an empty list. */
  text: string | undefined;
}

/** What the environment or the configuration file says in place of a flag; defaults are the command's own affair. */
export function configuredFlag(choices: Choices, flag: string): ConfiguredFlag | undefined {
  const setting = SETTINGS.find((candidate) => candidate.flag?.split(' ')[0] === flag);
  if (!setting) return undefined;
  const { value, origin } = choices[setting.key];
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
