import { homedir, platform as currentPlatform } from 'node:os';
import { posix, resolve, win32 } from 'node:path';
import { parseDatabaseUrl } from '../core/database-url.js';
import { Failure } from '../core/failure.js';
import type { Environment } from '../core/io.js';
import { parseSymbols } from '../core/symbol.js';
import type { DatabaseConfig } from '../database/database-config.js';
import { FALLBACK_NAMES } from '../exchange/fallbacks/fallbacks.js';
import type { ArchiveConfig } from '../exchange/archive/archive-config.js';
import type { ExchangeConfig } from '../exchange/market.js';
import { readProxySettings } from './read-proxies.js';
import type { ResolvedSettings } from './resolve-settings.js';
import type { SettingKey } from './settings.js';

/** The database, the exchanges and the symbols: all that commands know beside their own flags. */
export interface Config {
  /** Where the rows are. */
  database: DatabaseConfig;
  /** Where candles are fetched. */
  exchange: ExchangeConfig;
  /** The configured symbols; a command's arguments replace them. */
  symbols: string[];
}

/**
 * The configuration that settings describe.
 *
 * @param environment has `DATABASE_URL`, which is not a setting: a file that gets committed must not hold it
 * @param cwd the folder to which the path of the embedded database is relative
 * @throws Failure (usage) that does not show the value of `DATABASE_URL`
 */
export function parseConfig(
  { settings, environment }: { settings: ResolvedSettings; environment: Environment },
  cwd: string,
): Config {
  const textOf = (key: SettingKey) => {
    const { value } = settings[key];
    return typeof value === 'string' ? value : undefined;
  };
  const listOf = (key: SettingKey) => {
    const { value } = settings[key];
    return typeof value === 'object' ? value : [];
  };
  const fallbacks = listOf('fallback').flatMap((name) => FALLBACK_NAMES.filter((known) => known === name));
  return {
    database: parseDatabase(environment.DATABASE_URL, () => {
      const dataDir = textOf('dataDir');
      return dataDir === undefined
        ? { kind: 'embedded', dataDir: resolve(cwd, getDataFolder(environment)), isImplied: true }
        : { kind: 'embedded', dataDir: resolve(cwd, dataDir) };
    }),
    exchange: {
      binanceUrls: listOf('binanceUrls').map(withoutSlash),
      archive: parseArchive(textOf('archiveUrl'), textOf('archiveListingUrl'), cwd),
      fallbacks: fallbacks.map((name) => ({ name, url: withoutSlash(textOf(`fallbackUrls.${name}`) ?? '') })),
      proxies: readProxySettings(environment),
    },
    symbols: parseSymbols(listOf('symbols')),
  };
}

function parseDatabase(url: string | undefined, findEmbedded: () => DatabaseConfig): DatabaseConfig {
  if (!url) return findEmbedded();
  parseDatabaseUrl(url); // checks its form
  return { kind: 'postgres', url };
}

/** Undefined where none is configured: Binance's own is then used. */
function parseArchive(url: string | undefined, listingUrl: string | undefined, cwd: string): ArchiveConfig | undefined {
  if (url === undefined) return undefined;
  const place = /^(https?|file):/i.test(url) ? withoutSlash(url) : resolve(cwd, url);
  return { url: place, listingUrl: listingUrl === undefined ? undefined : withoutSlash(listingUrl) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/**
 * The folder in which this platform keeps the data of one user's programs; the embedded database is there.
 *
 * The home directory is looked up only where no variable names the folder.
 *
 * @throws Failure (usage) for a user without a home directory, as in a container whose uid is not in its passwd file
 */
export function getDataFolder(environment: Environment, platform: NodeJS.Platform = currentPlatform()): string {
  const { XDG_DATA_HOME: dataHome = '', LOCALAPPDATA: localData, HOME: home, USERPROFILE: profile } = environment;
  if (platform === 'win32') {
    return win32.join(localData || win32.join(profile || findHome(), 'AppData', 'Local'), 'chartctl');
  }
  if (platform === 'darwin') return posix.join(home || findHome(), 'Library', 'Application Support', 'chartctl');
  const folder = posix.isAbsolute(dataHome) ? dataHome : posix.join(home || findHome(), '.local', 'share');
  return posix.join(folder, 'chartctl');
}

/** The code of the failure of a user without a home directory. */
export const NO_HOME = 'NO_HOME';

function findHome(): string {
  try {
    return homedir();
  } catch (error) {
    throw new Failure('usage', 'this user has no home directory, in which the embedded database would be', {
      hint: 'set CHARTCTL_DATA_DIR to a folder for it, or DATABASE_URL to the database to use',
      code: NO_HOME,
      cause: error,
    });
  }
}
