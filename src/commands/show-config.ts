import { formatConfigSchema } from '../config/config-schema.js';
import type { Config } from '../config/config.js';
import type { Configuration } from '../config/read-configuration.js';
import type { CommandLineText, Origin } from '../config/resolve-settings.js';
import { maskSetting, type SettingValue } from '../config/setting.js';
import { type SettingKey, SETTINGS } from '../config/settings.js';
import { EXIT_CODES, type ExitCode } from '../core/failure.js';
import type { Io } from '../core/io.js';
import { maskUrl } from '../core/secrets.js';
import { toShellCommand } from '../core/shell-words.js';
import { formatJson } from '../terminal/json.js';
import { print } from '../terminal/output.js';
import { formatTable } from '../terminal/table.js';
import { readConfig, readFlags } from './framework/read-config.js';
import { readRules } from './framework/rule-flags.js';

/** A setting as it is shown. */
interface ShownSetting {
  setting: string;
  value: SettingValue | null;
  from: Origin;
}

/** Prints the configuration, or the schema of its file. */
export async function showConfig(
  io: Io,
  symbols: readonly string[],
  raw: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  if (raw.schema === true) {
    await print(io.stdout, formatConfigSchema());
    return EXIT_CODES.done;
  }
  const flags = await readFlags(raw, io, givenTexts(symbols, raw));
  readRules(flags);
  const config = readConfig(flags, io);
  const configuration = flags.configuration!;
  const settings = [
    showDatabase(config, configuration),
    ...showSettings(configuration, config),
    ...showSecrets(configuration),
  ];
  const { file = null } = configuration;
  const fields = { file, database: { kind: config.database.kind }, settings };
  const document = { command: 'config', ok: true, exitCode: EXIT_CODES.done, jobId: null, symbols: [], ...fields };
  await print(io.stdout, flags.isSet('--json') ? formatJson(document) : formatPage(config, file, settings));
  return EXIT_CODES.done;
}

/** What the call itself says about settings. */
function givenTexts(symbols: readonly string[], raw: Readonly<Record<string, unknown>>): Map<string, CommandLineText> {
  const given = new Map<string, CommandLineText>();
  if (symbols.length > 0) given.set('symbols', { kind: 'argument', name: 'SYMBOLS', text: symbols.join(' ') });
  for (const { key, flag } of SETTINGS) {
    const name = flag?.split(' ')[0] ?? '';
    const text = raw[name.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
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

function formatPage({ database }: Config, file: string | null, settings: readonly ShownSetting[]): string {
  const kind = database.kind === 'embedded' ? 'the embedded one' : 'a PostgreSQL server';
  const columns = [
    { title: 'setting', cell: ({ setting }: ShownSetting) => setting },
    { title: 'value', cell: formatValue },
    { title: 'from', cell: ({ from }: ShownSetting) => formatOrigin(from) },
  ];
  return `configuration file: ${file ?? 'none'}\ndatabase: ${kind}\n\n${formatTable(columns, settings)}`;
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
