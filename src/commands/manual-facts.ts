import type { Entry, VariableManual } from '../cli/manual/manual.js';
import { ENVIRONMENT_ONLY } from '../core/environment.js';
import { EXIT_CODE_MEANINGS } from '../core/exit-code-meanings.js';
import { EXIT_CODES } from '../core/failure.js';
import type { Setting, SettingValue } from '../core/setting.js';
import { SETTINGS } from '../core/settings.js';

/** What holds for every command, a paragraph each. */
export const CONVENTIONS: readonly string[] = [
  'Symbols are arguments, or come from --symbols-file, or are all that the database holds (--all), or those that are ' +
    'configured (CHARTCTL_SYMBOLS, else "symbols" in the configuration file). Times are ISO 8601 with Z or an offset, or a date, which is its midnight in UTC. Ranges are half-open: ' +
    '--from is in, --to is not.',
  'Results go to standard output, messages and progress to standard error. With --json standard output is one JSON ' +
    'document, on failure too.',
  'Every write is one transaction: a command that was stopped is run again and goes on.',
  'A flag wins over the environment, that over .env in the working directory, that over the configuration file, that ' +
    'over the default.',
];

export const FILES: readonly Entry[] = [
  ['chartctl.config.json', 'settings; the nearest one from the working directory upward, else that of --config'],
  ['.env', 'variables of the environment that are not set, one NAME=value a line; in the working directory'],
  ['~/.local/share/chartctl', 'the embedded database on Linux, where DATABASE_URL is not set'],
];

/** Each exit code with its meaning, by number. */
export function describeExitCodes(): Entry[] {
  const kinds = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
  return kinds
    .sort((a, b) => EXIT_CODES[a] - EXIT_CODES[b])
    .map((kind) => [String(EXIT_CODES[kind]), EXIT_CODE_MEANINGS[kind]]);
}

/** Every variable that the program reads: secrets first, then the settings in their order. */
export function describeVariables(): VariableManual[] {
  const secrets = ENVIRONMENT_ONLY.map(({ variable, meaning }) => ({
    name: variable,
    flag: undefined,
    key: undefined,
    meaning,
    default: '',
  }));
  const settings = SETTINGS.map((setting: Setting) => ({
    name: setting.variable,
    flag: setting.flag,
    key: setting.key,
    meaning: setting.meaning,
    default: setting.defaultText ?? formatDefault(setting.default),
  }));
  return [...secrets, ...settings, ...BARE];
}

/** Variables that are no settings of ours. */
const BARE: readonly VariableManual[] = [
  { name: 'CHARTCTL_CONFIG', flag: '--config <file>', key: undefined, meaning: 'the configuration file', default: '' },
  { name: 'NO_COLOR', flag: '--no-color', key: undefined, meaning: 'no colours, unless it is empty', default: '' },
];

function formatDefault(value: SettingValue | undefined): string {
  return typeof value === 'object' ? value.join(',') : String(value ?? '');
}
