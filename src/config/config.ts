import { platform as currentPlatform, homedir } from 'node:os';
import { posix, win32 } from 'node:path';
import { Failure } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import { parseSymbols } from '../core/symbol.js';
import type { DatabaseConfig } from '../database/database-config.js';
import { FALLBACK_NAMES } from '../exchange/fallbacks/fallbacks.js';
import { type ExchangeConfig } from '../exchange/market.js';
import type { ResolvedSettings } from './resolve-settings.js';
import type { SettingValue } from './setting.js';

export { FALLBACK_NAMES, type FallbackName } from '../exchange/fallbacks/fallbacks.js';
export type { Environment } from '../core/io.js';

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
export function parseConfig(choices: ResolvedSettings, environment: Environment, defaultDataDir: string): Config {
  const listOf = (key: keyof ResolvedSettings) => asList(choices[key].value);
  const textOf = (key: keyof ResolvedSettings) => asText(choices[key].value);
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

/** Where this platform keeps a program's data of one user; the embedded database lives there. */
export function getDataFolder(environment: Environment, platform: NodeJS.Platform = currentPlatform()): string {
  if (platform === 'win32') {
    const home = environment.USERPROFILE || homedir();
    return win32.join(environment.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'chartctl');
  }
  const home = environment.HOME || homedir();
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'chartctl');
  const { XDG_DATA_HOME: dataHome = '' } = environment;
  return posix.join(posix.isAbsolute(dataHome) ? dataHome : posix.join(home, '.local', 'share'), 'chartctl');
}
