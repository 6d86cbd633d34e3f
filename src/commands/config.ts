import type { Config } from '../config/config.js';
import type { Configuration } from '../config/read-configuration.js';
import type { CommandLineText, Origin } from '../config/resolve-settings.js';
import { maskSetting, type SettingValue } from '../config/setting.js';
import { type SettingKey, SETTINGS } from '../config/settings.js';
import { maskUrl } from '../core/secrets.js';
import { toShellCommand } from '../core/shell-words.js';
import { formatTable } from '../terminal/table.js';
import type { Command, CommandResult, View } from './framework/command.js';
import { toOptionKey } from './framework/options/flags.js';
import { METRICS_OPTION, type OptionText, OUTPUT_OPTIONS, PING_OPTION } from './framework/options/options.js';
import { readConfig, readFlags } from './framework/options/read-config.js';
import { readRules } from './framework/options/rule-flags.js';

/** A setting as it is shown. */
interface ShownSetting {
  setting: string;
  value: SettingValue | null;
  from: Origin;
}

interface ShownConfig extends CommandResult {
  file: string | null;
  database: { kind: Config['database']['kind'] };
  settings: ShownSetting[];
}

/** The result of `--schema`: the JSON Schema of the configuration file, as a text. */
interface ShownSchema extends CommandResult {
  schema: string;
}

/** Options that every command has, and those of the monitoring of a job, which this command is not. */
const OMITTED_OPTIONS = new Set([...OUTPUT_OPTIONS, METRICS_OPTION, PING_OPTION].map(([flag]) => flag));

/** The options of settings, as other commands have them. */
const SETTING_OPTIONS = SETTINGS.flatMap(({ key, flag }): OptionText[] =>
  flag === undefined || OMITTED_OPTIONS.has(flag) ? [] : [[flag, `show ${key} with this value`]],
);

export const configCommand: Command<ShownConfig | ShownSchema> = {
  name: 'config',
  otherNames: ['settings', 'env'],
  description: 'show every setting with its value and source; passwords are masked',
  arguments: [['[symbols...]', 'symbols as if they were given to a command']],
  options: [['--schema', 'print the JSON Schema of the configuration file'], ...SETTING_OPTIONS, ...OUTPUT_OPTIONS],
  examples: [
    ['chartctl config', 'the settings of commands in this directory'],
    ['chartctl config --config staging.json --json', 'the same with another file, for programs'],
    ['chartctl config --schema > chartctl.config.schema.json', 'for editors, which complete and check the file by it'],
  ],
  run: async ({ args, raw, io }) => {
    if (raw.schema === true) {
      const { formatConfigSchema } = await import('../config/config-schema.js');
      return { schema: formatConfigSchema() };
    }
    const flags = await readFlags(raw, io, findCommandLineTexts(args, raw));
    readRules(flags);
    const config = readConfig(flags, io);
    const configuration = flags.configuration!;
    const settings = [
      showDatabase(config, configuration),
      ...showSettings(configuration, config),
      ...showSecrets(configuration),
    ];
    return { file: configuration.file ?? null, database: { kind: config.database.kind }, settings };
  },
  text: (result, view) => ('schema' in result ? result.schema : formatPage(result, view)),
  // the schema is JSON already
  document: async () => (await import('./documents/config.js')).configDocument,
};

/** The settings that the call gives by its own options. */
function findCommandLineTexts(
  symbols: readonly string[],
  raw: Readonly<Record<string, unknown>>,
): Map<string, CommandLineText> {
  const given = new Map<string, CommandLineText>();
  if (symbols.length > 0) given.set('symbols', { kind: 'argument', name: 'SYMBOLS', text: symbols.join(' ') });
  for (const { key, flag } of SETTINGS) {
    const name = flag?.split(' ')[0] ?? '';
    const text = raw[toOptionKey(name)];
    if (typeof text === 'string') given.set(key, { kind: 'flag', name, text });
  }
  return given;
}

function showDatabase({ database }: Config, { originOf }: Configuration): ShownSetting {
  const setting = 'database';
  const name = 'DATABASE_URL';
  if (database.kind === 'embedded') return { setting, value: 'embedded', from: { kind: 'default' } };
  return { setting, value: maskUrl(database.url), from: { kind: originOf(name) ?? 'environment', name } };
}

function showSettings({ settings }: Configuration, { symbols, database }: Config): ShownSetting[] {
  const understood: Partial<Record<SettingKey, SettingValue>> = {
    symbols,
    ...(database.kind === 'embedded' && { dataDir: database.dataDir }),
  };
  return SETTINGS.map(({ key, isSecret }) => {
    const { value = null, origin } = settings[key];
    const shown = understood[key] ?? value;
    return { setting: key, value: shown === null ? null : maskSetting(key, shown, isSecret), from: origin };
  });
}

function showSecrets({ environment, originOf }: Configuration): ShownSetting[] {
  const name = 'CHARTCTL_WEBHOOK_SECRET';
  const kind = originOf(name);
  const from: Origin = kind ? { kind, name } : { kind: 'default' };
  return [{ setting: 'webhook secret', value: environment[name] ? '***' : null, from }];
}

function formatPage({ file, database, settings }: ShownConfig, view: View): string {
  const kind = database.kind === 'embedded' ? 'the embedded one' : 'a PostgreSQL server';
  const columns = [
    { title: 'setting', cell: ({ setting }: ShownSetting) => setting },
    { title: 'from', cell: ({ from }: ShownSetting) => formatOrigin(from) },
    { title: 'value', cell: formatValue },
  ];
  return `configuration file: ${file ?? 'none'}\ndatabase: ${kind}\n\n${formatTable(columns, settings, view)}`;
}

function formatValue({ setting, value }: ShownSetting): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value.length === 0) return 'none';
  return setting === 'hooks.exec' ? toShellCommand(value).replaceAll("'***'", '***') : value.join(', ');
}

function formatOrigin({ kind, name }: Origin): string {
  if (kind === 'argument') return 'arguments';
  return kind === 'default' || name === undefined ? kind : `${kind} ${name}`;
}
