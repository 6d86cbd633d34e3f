import type { Environment } from './environment.js';
import { Failure } from './failure.js';
import { findFaults } from './find-faults.js';
import type { Setting, SettingValue, ValueSchema } from './setting.js';
import { SETTINGS, type SettingKey } from './settings.js';

/** Who said a value: by which flag or variable, or in which file. */
export interface Origin {
  kind: 'argument' | 'flag' | 'environment' | '.env' | 'file' | 'default';
  name?: string;
}

/** What a setting is, and who said so. */
export interface Choice {
  value: SettingValue | undefined;
  origin: Origin;
}

export type Choices = Readonly<Record<SettingKey, Choice>>;

/** Where settings are looked up, the first that has one wins; a default stands behind them. */
export interface SettingSources {
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
export function chooseSettings(sources: SettingSources, onProblem: (problem: Failure) => void): Choices {
  const choices = SETTINGS.map((setting) => [setting.key, chooseSetting(setting, sources, onProblem)] as const);
  return Object.fromEntries(choices) as Record<SettingKey, Choice>;
}

function chooseSetting(
  setting: Setting,
  { environment, dotEnv, file }: SettingSources,
  onProblem: (problem: Failure) => void,
): Choice {
  const { key, variable } = setting;
  for (const [kind, variables] of [['environment', environment] as const, ['.env', dotEnv] as const]) {
    const text = variables[variable];
    if (text === undefined) continue;
    const origin = { kind, name: variable };
    if (text.trim() === '' && canBeNone(setting)) return { value: emptyOf(setting.schema), origin };
    if (text.trim() === '') break; // the file or the default
    const value = toValue(setting.schema, text);
    const problem = findProblem(setting, value, text);
    if (!problem) return { value: value as SettingValue, origin };
    onProblem(problem);
    return { value: setting.default, origin };
  }
  const value = file?.values.get(key);
  if (file && value !== undefined) return { value, origin: { kind: 'file', name: file.path } };
  return { value: setting.default, origin: { kind: 'default' } };
}

/** Whether an empty variable means none; where there must be a value it is as good as not set. */
function canBeNone({ schema, default: otherwise, defaultText }: Setting): boolean {
  if (schema.type === 'array') return !schema.minItems;
  return otherwise === undefined && defaultText === undefined;
}

function emptyOf(schema: ValueSchema): SettingValue | undefined {
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

function findProblem({ variable, expected, schema, isSecret }: Setting, value: unknown, text: string) {
  const faults = findFaults(schema, value);
  if (faults.length === 0) return undefined;
  const found = faults.map((fault) => JSON.stringify(fault.found)).join(', ');
  const isOfList = faults.every(({ item }) => item !== undefined);
  const shown = isOfList ? `names ${found}` : `was ${JSON.stringify(text)}`;
  return new Failure('usage', `${variable} ${isSecret ? 'was not understood' : shown}`, {
    hint: `expected ${expected}`,
  });
}
