import type { Choices } from './choose-settings.js';
import type { Environment } from './environment.js';
import { Failure } from './failure.js';
import type { SettingValue } from './setting.js';
import { FALLBACK_NAMES, type FallbackName } from './exchange-settings.js';
import { parseSymbols } from './symbol.js';

export { FALLBACK_NAMES, type FallbackName } from './exchange-settings.js';
export type { Environment } from './environment.js';

/** Where the rows are: on a PostgreSQL server, or in a folder of the embedded one. */
export type DatabaseConfig = { kind: 'postgres'; url: string } | { kind: 'embedded'; dataDir: string };

/** Where candles are asked for. */
export interface ExchangeConfig {
  /** Base URLs of Binance, tried in order. */
  binanceUrls: string[];
  /** Fallback exchanges, asked in order. */
  fallbacks: { name: FallbackName; url: string }[];
}

/** Where things are, and what they are about: everything that comes from outside a command's own flags. */
export interface Config {
  /** Where the rows are. */
  database: DatabaseConfig;
  /** Where candles are asked for. */
  exchange: ExchangeConfig;
  /** The configured symbols; a command's arguments replace them. */
  symbols: string[];
}

/**
 * The configuration that settings describe.
 *
 * @param environment has `DATABASE_URL`, which is no setting: a file that gets committed must not hold it
 * @param defaultDataDir where the embedded database lives when `dataDir` is not set
 * @throws Failure (usage) that does not show the value of `DATABASE_URL`
 */
export function parseConfig(choices: Choices, environment: Environment, defaultDataDir: string): Config {
  const listOf = (key: keyof Choices) => asList(choices[key].value);
  const textOf = (key: keyof Choices) => asText(choices[key].value);
  const fallbacks = listOf('fallback').flatMap((name) => FALLBACK_NAMES.filter((known) => known === name));
  return {
    database: parseDatabase(environment.DATABASE_URL, textOf('dataDir') ?? defaultDataDir),
    exchange: {
      binanceUrls: listOf('binanceUrls').map(withoutSlash),
      fallbacks: fallbacks.map((name) => ({ name, url: withoutSlash(textOf(`fallbackUrls.${name}`) ?? '') })),
    },
    symbols: parseSymbols(listOf('symbols')),
  };
}

function parseDatabase(url: string | undefined, dataDir: string): DatabaseConfig {
  if (!url) return { kind: 'embedded', dataDir };
  const hint = 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE';
  if (!URL.canParse(url)) throw new Failure('usage', 'DATABASE_URL was not understood', { hint });
  const { protocol } = new URL(url);
  if (protocol === 'postgres:' || protocol === 'postgresql:') return { kind: 'postgres', url };
  throw new Failure('usage', `DATABASE_URL begins with "${protocol}//"`, { hint });
}

function asList(value: SettingValue | undefined): readonly string[] {
  return typeof value === 'object' ? value : [];
}

function asText(value: SettingValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
