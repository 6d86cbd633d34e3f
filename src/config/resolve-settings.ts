import { Failure } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import { findFaults, type Setting, type SettingValue, type ValueSchema } from './setting.js';
import { SETTINGS, type SettingKey } from './settings.js';

/** Where a value comes from: the flag or variable, or the file. */
export interface Origin {
  kind: 'argument' | 'flag' | 'environment' | '.env' | 'file' | 'default';
  name?: string;
}

/** The value of a setting, with its origin. */
interface ResolvedSetting {
  value: SettingValue | undefined;
  origin: Origin;
}

export type ResolvedSettings = Readonly<Record<SettingKey, ResolvedSetting>>;

/** The text of a setting on the command line. */
export interface CommandLineText {
  kind: 'argument' | 'flag';
  name: string;
  text: string;
}

/** The sources of settings in their order: the first that has a value wins, before the default. */
export interface SettingSources {
  /** Arguments and flags of the call, by key. */
  commandLine?: ReadonlyMap<string, CommandLineText> | undefined;
  environment: Environment;
  /** The variables of `.env`. */
  dotEnv: Environment;
  /** The settings of a configuration file, by key; they have been checked. */
  file?: { path: string; values: ReadonlyMap<string, SettingValue> } | undefined;
}

/**
 * The value of every setting; a refused value is replaced by the default.
 *
 * @param onProblem called for each text that is refused
 */
export function resolveSettings(sources: SettingSources, onProblem: (problem: Failure) => void): ResolvedSettings {
  const resolved = SETTINGS.map((setting) => [setting.key, resolveSetting(setting, sources, onProblem)] as const);
  return Object.fromEntries(resolved) as Record<SettingKey, ResolvedSetting>;
}

function resolveSetting(
  setting: Setting,
  sources: SettingSources,
  onProblem: (problem: Failure) => void,
): ResolvedSetting {
  for (const source of findTexts(setting, sources)) {
    const { kind, name, text } = source;
    const origin = { kind, name };
    if (text.trim() === '') {
      if (acceptsEmpty(setting)) return { value: setting.schema.type === 'array' ? [] : undefined, origin };
      continue; // an empty text is treated as unset
    }
    const value = parseText(setting.schema, text);
    const problem = findProblem(setting, value, source);
    if (!problem) return { value: value as SettingValue, origin };
    onProblem(problem);
    return { value: setting.default, origin };
  }
  const { file } = sources;
  const value = file?.values.get(setting.key);
  if (file && value !== undefined) return { value, origin: { kind: 'file', name: file.path } };
  return { value: setting.default, origin: { kind: 'default' } };
}

interface SourceText extends Origin {
  name: string;
  text: string;
}

function findTexts({ key, variable }: Setting, { commandLine, environment, dotEnv }: SettingSources): SourceText[] {
  const given = commandLine?.get(key);
  const variables = [
    { kind: 'environment', name: variable, text: environment[variable] },
    { kind: '.env', name: variable, text: dotEnv[variable] },
  ] as const;
  return [
    ...(given ? [given] : []),
    ...variables.flatMap(({ text, ...origin }) => (text === undefined ? [] : { ...origin, text })),
  ];
}

/** Whether an empty text means "none"; settings that must have a value treat it as unset. */
function acceptsEmpty({ schema, default: value, defaultText }: Setting): boolean {
  if (schema.type === 'array') return !schema.minItems;
  return value === undefined && defaultText === undefined;
}

/** A text as the value that the file would hold; a text that cannot be converted stays one, and is refused later. */
function parseText(schema: ValueSchema, text: string): unknown {
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
  const source = kind === '.env' ? `${name} in .env` : name;
  return new Failure('usage', `${source} ${isSecret ? 'was not understood' : shown}`, {
    hint: `expected ${expected}`,
  });
}
