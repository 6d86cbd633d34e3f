import { CLEAN_RULE_NAMES } from './flag-rules.js';
import { WINDOW } from './indicator-columns.js';
import { ARGUMENT_PATTERN, COMMAND_PATTERN, PATH_PATTERN, SYMBOL_PATTERN, URL_PATTERN } from './setting-patterns.js';
import type { Setting, ValueSchema } from './setting.js';

export const FALLBACK_NAMES = ['bybit', 'okx', 'kraken', 'coinbase'] as const;
export type FallbackName = (typeof FALLBACK_NAMES)[number];

const URL_SCHEMA: ValueSchema = { type: 'string', pattern: URL_PATTERN };
const URL_TEXT = 'a URL that begins with https:// or http://';
const RULES_SCHEMA: ValueSchema = {
  type: 'array',
  items: { enum: [...CLEAN_RULE_NAMES, 'all'] },
  uniqueItems: true,
};
const RULES_TEXT = `some of ${CLEAN_RULE_NAMES.join(', ')}, or all`;

function fallbackUrl<const N extends FallbackName>(name: N, url: string) {
  return {
    key: `fallbackUrls.${name}`,
    variable: `CHARTCTL_${name.toUpperCase()}_URL`,
    meaning: `the base URL of ${name}`,
    expected: URL_TEXT,
    schema: URL_SCHEMA,
    default: url,
  } as const satisfies Setting;
}

const TABLE = [
  {
    key: 'symbols',
    variable: 'CHARTCTL_SYMBOLS',
    meaning: 'the symbols of a command that names none',
    expected: 'symbols of 1 to 20 of the characters A-Z 0-9 . _ - as in BTCUSDT',
    schema: { type: 'array', items: { type: 'string', pattern: SYMBOL_PATTERN } },
    default: [],
  },
  {
    key: 'dataDir',
    variable: 'CHARTCTL_DATA_DIR',
    meaning: 'where the embedded database is kept',
    expected: 'a path',
    schema: { type: 'string', pattern: PATH_PATTERN },
    defaultText: 'Linux: ~/.local/share/chartctl',
    isPath: true,
  },
  {
    key: 'binanceUrls',
    variable: 'CHARTCTL_BINANCE_URL',
    meaning: 'base URLs of Binance, tried in order',
    expected: URL_TEXT,
    schema: { type: 'array', items: URL_SCHEMA, minItems: 1 },
    default: ['https://api.binance.com', 'https://data-api.binance.vision'],
  },
  {
    key: 'fallback',
    variable: 'CHARTCTL_FALLBACK',
    meaning: 'exchanges that stand in for Binance, asked in order; empty for none',
    expected: FALLBACK_NAMES.join(', '),
    schema: { type: 'array', items: { enum: FALLBACK_NAMES }, uniqueItems: true },
    default: FALLBACK_NAMES,
  },
  fallbackUrl('bybit', 'https://api.bybit.com'),
  fallbackUrl('okx', 'https://www.okx.com'),
  fallbackUrl('kraken', 'https://api.kraken.com'),
  fallbackUrl('coinbase', 'https://api.exchange.coinbase.com'),
  {
    key: 'window',
    variable: 'CHARTCTL_WINDOW',
    flag: '--window <n>',
    meaning: 'minutes that are exported, and rows that check-retrain looks at',
    expected: 'a whole number in the range 1 to 1000000',
    schema: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    default: WINDOW,
  },
  {
    key: 'sigma',
    variable: 'CHARTCTL_SIGMA',
    flag: '--sigma <number>',
    meaning: 'clean flags volumes above the mean by this many standard deviations',
    expected: 'a number in the range 0.1 to 100',
    schema: { type: 'number', minimum: 0.1, maximum: 100 },
    default: 3,
  },
  {
    key: 'rules.with',
    variable: 'CHARTCTL_WITH',
    flag: '--with <rules>',
    meaning: 'rules that clean also flags by',
    expected: RULES_TEXT,
    schema: RULES_SCHEMA,
    default: [],
  },
  {
    key: 'rules.without',
    variable: 'CHARTCTL_WITHOUT',
    flag: '--without <rules>',
    meaning: 'rules that clean does not flag by',
    expected: RULES_TEXT,
    schema: RULES_SCHEMA,
    default: [],
  },
  {
    key: 'threshold',
    variable: 'CHARTCTL_THRESHOLD',
    flag: '--threshold <share>',
    meaning: 'a training is due when the share of replaced rows is greater',
    expected: 'a number in the range 0 to 1',
    schema: { type: 'number', minimum: 0, maximum: 1 },
    default: 0.05,
  },
  {
    key: 'concurrency',
    variable: 'CHARTCTL_CONCURRENCY',
    flag: '--concurrency <n>',
    meaning: 'requests in flight at most',
    expected: 'a whole number in the range 1 to 64',
    schema: { type: 'integer', minimum: 1, maximum: 64 },
    default: 16,
  },
  {
    key: 'maxWait',
    variable: 'CHARTCTL_MAX_WAIT',
    flag: '--max-wait <seconds>',
    meaning: 'seconds to wait for rate limits',
    expected: 'a number in the range 0 to 86400',
    schema: { type: 'number', minimum: 0, maximum: 86_400 },
    default: 60,
  },
  {
    key: 'lockWait',
    variable: 'CHARTCTL_LOCK_WAIT',
    flag: '--lock-wait <seconds>',
    meaning: 'seconds to wait for a symbol that is being written',
    expected: 'a number in the range 0 to 3600',
    schema: { type: 'number', minimum: 0, maximum: 3600 },
    default: 10,
  },
  {
    key: 'metricsFile',
    variable: 'CHARTCTL_METRICS_FILE',
    flag: '--metrics-file <file>',
    meaning: 'a file of metrics that each job rewrites, for Prometheus',
    expected: 'a path',
    schema: { type: 'string', pattern: PATH_PATTERN },
    isPath: true,
  },
  {
    key: 'pingUrl',
    variable: 'CHARTCTL_PING_URL',
    flag: '--ping-url <url>',
    meaning: 'told when a job begins and how it ends, as healthchecks.io wants it',
    expected: URL_TEXT,
    schema: URL_SCHEMA,
    isSecret: true,
  },
  {
    key: 'logFormat',
    variable: 'CHARTCTL_LOG_FORMAT',
    flag: '--log-format <text|json>',
    meaning: 'how messages are written on standard error',
    expected: 'text, json',
    schema: { enum: ['text', 'json'] },
    default: 'text',
  },
  {
    key: 'hooks.exec',
    variable: 'CHARTCTL_EXEC',
    flag: '--exec <command>',
    meaning: 'what check-retrain runs when a training is due: a text, or an array of the program and its arguments',
    expected: 'a command whose quotes are closed, or an array of a program and its arguments',
    schema: {
      anyOf: [
        { type: 'string', pattern: COMMAND_PATTERN },
        { type: 'array', items: { type: 'string', pattern: ARGUMENT_PATTERN }, minItems: 1 },
      ],
    },
  },
  {
    key: 'hooks.webhook',
    variable: 'CHARTCTL_WEBHOOK',
    flag: '--webhook <url>',
    meaning: 'told by check-retrain when a training is due',
    expected: URL_TEXT,
    schema: URL_SCHEMA,
    isSecret: true,
  },
] as const satisfies readonly Setting[];

export type SettingKey = (typeof TABLE)[number]['key'];

/**
 * Every setting: its place in the configuration file, its variable, its flag, what it may be, its default.
 *
 * The published schema, the checks, what flags fall back to, `chartctl config` and the manual's table come from here.
 */
export const SETTINGS: readonly (Setting & { key: SettingKey })[] = TABLE;
