import { Failure } from './failure.js';
import { parseSymbols } from './symbol.js';

export const FALLBACK_NAMES = ['bybit', 'okx', 'kraken', 'coinbase'] as const;
export type FallbackName = (typeof FALLBACK_NAMES)[number];

export type DatabaseConfig = { kind: 'postgres'; url: string } | { kind: 'embedded'; dataDir: string };

export interface ExchangeConfig {
  /** Base URLs of Binance, tried in order. */
  binanceUrls: string[];
  /** Fallback exchanges, asked in order. */
  fallbacks: { name: FallbackName; url: string }[];
}

/** Everything that comes from outside the command line's own options. */
export interface Config {
  database: DatabaseConfig;
  exchange: ExchangeConfig;
  /** The symbols of `CHARTCTL_SYMBOLS`; a command's arguments replace them. */
  symbols: string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_BINANCE_URLS = 'https://api.binance.com,https://data-api.binance.vision';
const DEFAULT_FALLBACK_URLS: Record<FallbackName, string> = {
  bybit: 'https://api.bybit.com',
  okx: 'https://www.okx.com',
  kraken: 'https://api.kraken.com',
  coinbase: 'https://api.exchange.coinbase.com',
};

/**
 * The configuration that an environment describes.
 *
 * @param defaultDataDir where the embedded database lives when `CHARTCTL_DATA_DIR` is not set
 * @throws Failure (usage) that reports all problems together; no value of `DATABASE_URL` is shown.
 */
export function parseConfig(environment: Environment, defaultDataDir: string): Config {
  const problems: string[] = [];
  const attempt = <T>(parse: () => T, otherwise: T): T => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(error.hint ? `${error.message} (${error.hint})` : error.message);
      return otherwise;
    }
  };
  const config: Config = {
    database: attempt(() => parseDatabase(environment, defaultDataDir), { kind: 'embedded', dataDir: defaultDataDir }),
    exchange: {
      binanceUrls: attempt(() => parseUrls(environment, 'CHARTCTL_BINANCE_URL', DEFAULT_BINANCE_URLS), []),
      fallbacks: attempt(() => parseFallbacks(environment), []),
    },
    symbols: attempt(() => parseSymbols(splitList(environment.CHARTCTL_SYMBOLS ?? '')), []),
  };
  if (problems.length > 0) throw new Failure('usage', problems.join('; '));
  return config;
}

function parseDatabase(environment: Environment, defaultDataDir: string): DatabaseConfig {
  const url = environment.DATABASE_URL;
  if (!url) return { kind: 'embedded', dataDir: environment.CHARTCTL_DATA_DIR || defaultDataDir };
  const hint = 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE';
  if (!URL.canParse(url)) throw new Failure('usage', 'DATABASE_URL was not understood', { hint });
  const { protocol } = new URL(url);
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') {
    throw new Failure('usage', `DATABASE_URL begins with "${protocol}//"`, { hint });
  }
  return { kind: 'postgres', url };
}

function parseUrls(environment: Environment, variable: string, otherwise: string): string[] {
  const urls = splitList(environment[variable] || otherwise);
  for (const url of urls) {
    if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) continue;
    throw new Failure('usage', `${variable} was "${url}"`, {
      hint: 'expected a URL that begins with https:// or http://',
    });
  }
  return urls.map((url) => url.replace(/\/+$/, ''));
}

function parseFallbacks(environment: Environment): ExchangeConfig['fallbacks'] {
  const names = splitList(environment.CHARTCTL_FALLBACK ?? FALLBACK_NAMES.join(','));
  return names.map((name) => {
    const known = FALLBACK_NAMES.find((candidate) => candidate === name.toLowerCase());
    if (!known) {
      throw new Failure('usage', `CHARTCTL_FALLBACK names "${name}"`, {
        hint: `expected ${FALLBACK_NAMES.join(', ')}`,
      });
    }
    const [url] = parseUrls(environment, `CHARTCTL_${known.toUpperCase()}_URL`, DEFAULT_FALLBACK_URLS[known]);
    return { name: known, url: url! };
  });
}

function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}
