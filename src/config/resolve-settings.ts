import { Failure } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import { findFaults, type Setting, type SettingValue, type ValueSchema } from './setting.js';
import { type SettingKey, SETTINGS } from './settings.js';

/** Who said a value: by which flag or variable, or in which file. */
export interface Origin {
  kind: 'argument' | 'flag' | 'environment' | '.env' | 'file' | 'default';
  name?: string;
}

/** What a setting is, and who said so. */
export interface ResolvedSetting {
  value: SettingValue | undefined;
  origin: Origin;
}

export type ResolvedSettings = Readonly<Record<SettingKey, ResolvedSetting>>;

/** The text of a setting in a call. */
export interface CommandLineText {
  kind: 'argument' | 'flag';
  name: string;
  text: string;
}

/** Where settings are looked up, the first that has one wins; a default stands behind them. */
export interface SettingSources {
  /** What a call says itself, by key. */
  commandLine?: ReadonlyMap<string, CommandLineText> | undefined;
  environment: Environment;
  /** The variables of `.env`. */
  dotEnv: Environment;
  /** The settings of a configuration file, by key: they were checked already. */
  file?: { path: string; values: ReadonlyMap<string, SettingValue> } | undefined;
}

/**
 * The value of every setting.
 *
 * @param onProblem told of each variable whose value was refused
 */
export function resolveSettings(sources: SettingSources, onProblem: (problem: Failure) => void): ResolvedSettings {
  const choices = SETTINGS.map((setting) => [setting.key, resolveSetting(setting, sources, onProblem)] as const);
  return Object.fromEntries(choices) as Record<SettingKey, ResolvedSetting>;
}

function resolveSetting(
  setting: Setting,
  sources: SettingSources,
  onProblem: (problem: Failure) => void,
): ResolvedSetting {
  const { file } = sources;
  for (const said of findTexts(setting, sources)) {
    const { kind, name, text } = said;
    const origin = { kind, name };
    if (text.trim() === '' && acceptsEmpty(setting)) return { value: toEmptyValue(setting.schema), origin };
    if (text.trim() === '') continue; // as good as not set
    const value = toValue(setting.schema, text);
    const problem = findProblem(setting, value, said);
    if (!problem) return { value: value as SettingValue, origin };
    onProblem(problem);
    return { value: setting.default, origin };
  }
  const value = file?.values.get(setting.key);
  if (file && value !== undefined) return { value, origin: { kind: 'file', name: file.path } };
  return { value: setting.default, origin: { kind: 'default' } };
}

interface SourceText extends Origin {
  name: string;
  text: string;
}

function findTexts({ key, variable }: Setting, { commandLine, environment, dotEnv }: SettingSources): SourceText[] {
  const flag = commandLine?.get(key);
  const variables = [
    { kind: 'environment', name: variable, text: environment[variable] },
    { kind: '.env', name: variable, text: dotEnv[variable] },
  ] as const;
  return [
    ...(flag ? [flag] : []),
    ...variables.flatMap(({ text, ...origin }) => (text === undefined ? [] : { ...origin, text })),
  ];
}

/** Whether an empty variable means none; where there must be a value it is as good as not set. */
function acceptsEmpty({ schema, default: otherwise, defaultText }: Setting): boolean {
  if (schema.type === 'array') return !schema.minItems;
  return otherwise === undefined && defaultText === undefined;
}

function toEmptyValue(schema: ValueSchema): SettingValue | undefined {
  return schema.type === 'array' ? [] : undefined;
}

/** The text of a variable as the file would have it; what cannot be that stays a text, and is refused. */
function toValue(schema: ValueSchema, text: string): unknown {
  if (schema.type === 'array') {
    const items = text.split(/[\s,]+/).filter((item) => item !== '');
    return schema.items?.enum ? items.map((item) => item.toLowerCase()) : items;
  }
  if (schema.enum) return text.trim().toLowerCase();
  if (schema.type === 'number' || schema.type === 'integer') {
    return /^(\d+(\.\d+)?|\.\d+)$/.test(text.trim()) ? Number(text) : text;
  }
  return schema.type === 'string' ? text.trim() : text;
}

function findProblem({ expected, schema, isSecret }: Setting, value: unknown, { kind, name, text }: SourceText) {
  const faults = findFaults(schema, value);
  if (faults.length === 0) return undefined;
  const found = faults.map((fault) => JSON.stringify(fault.found)).join(', ');
  const isOneOfMany = faults.every(({ item, found: one }) => item !== undefined && one !== text);
  const shown = isOneOfMany ? `names ${found}` : `was ${JSON.stringify(text)}`;
  const who = kind === '.env' ? `${name} in .env` : name;
  return new Failure('usage', `${who} ${isSecret ? 'was not understood' : shown}`, {
    hint: `expected ${expected}`,
  });
}
