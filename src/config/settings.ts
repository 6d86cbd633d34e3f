import { LIMITS } from '../core/limits.js';
import { FALLBACK_NAMES, FALLBACKS, type FallbackName } from '../exchange/fallbacks/fallbacks.js';
import { BINANCE_URLS } from '../exchange/market.js';
import { WINDOW_MINUTES } from '../quality/assess-readiness.js';
import { CLEAN_RULE_NAMES } from '../quality/rules/rules.js';
import {
  ARGUMENT_PATTERN,
  COMMAND_PATTERN,
  DURATION_PATTERN,
  METRICS_PATTERN,
  PATH_PATTERN,
  type Setting,
  SYMBOL_PATTERN,
  toBounds,
  URL_EXPECTED,
  URL_SCHEMA,
  type ValueSchema,
} from './setting.js';

function fallbackUrl<const N extends FallbackName>(name: N, url: string) {
  return {
    key: `fallbackUrls.${name}`,
    variable: `CHARTCTL_${name.toUpperCase()}_URL`,
    meaning: `the base URL of ${name}`,
    expected: URL_EXPECTED,
    schema: URL_SCHEMA,
    default: url,
  } as const satisfies Setting;
}

/** Which exchanges are asked, and where they are. */
export const EXCHANGE_SETTINGS = [
  {
    key: 'binanceUrls',
    variable: 'CHARTCTL_BINANCE_URL',
    meaning: 'base URLs of Binance, tried in order',
    expected: URL_EXPECTED,
    schema: { type: 'array', items: URL_SCHEMA, minItems: 1 },
    default: BINANCE_URLS,
  },
  {
    key: 'fallback',
    variable: 'CHARTCTL_FALLBACK',
    meaning: 'exchanges that stand in for Binance, asked in order; empty for none',
    expected: `some of ${FALLBACK_NAMES.join(', ')}; each once`,
    schema: { type: 'array', items: { enum: FALLBACK_NAMES }, uniqueItems: true },
    default: FALLBACK_NAMES,
  },
  ...FALLBACKS.map(({ name, url }) => fallbackUrl(name, url)),
] as const satisfies readonly Setting[];

const DURATION_SCHEMA: ValueSchema = { type: 'string', pattern: DURATION_PATTERN };
const DURATION_EXPECTED = 'a duration such as 90s, 15m, 12h, 7d or 1d12h';

/** When a training is due, and what happens then. */
export const RETRAIN_SETTINGS = [
  {
    key: 'threshold',
    variable: 'CHARTCTL_THRESHOLD',
    flag: '--threshold <share>',
    meaning: 'a training is due when the share of replaced rows is greater',
    expected: 'a number in the range 0 to 1',
    schema: { type: 'number', ...toBounds(LIMITS.share) },
    default: 0.05,
  },
  {
    key: 'retrain.maxAge',
    variable: 'CHARTCTL_MAX_AGE',
    flag: '--max-age <duration>',
    meaning: 'a training is also due when the last one is older',
    expected: DURATION_EXPECTED,
    schema: DURATION_SCHEMA,
  },
  {
    key: 'retrain.minNewRows',
    variable: 'CHARTCTL_MIN_NEW_ROWS',
    flag: '--min-new-rows <n>',
    meaning: 'a training is also due when so many valid rows are newer than the last one',
    expected: 'a whole number in the range 1 to 100000000',
    schema: { type: 'integer', ...toBounds(LIMITS.minNewRows) },
  },
  {
    key: 'retrain.maxFallback',
    variable: 'CHARTCTL_MAX_FALLBACK',
    flag: '--max-fallback <share>',
    meaning: 'a training is also due when the share of rows newly from fallback exchanges is greater',
    expected: 'a number in the range 0 to 1',
    schema: { type: 'number', ...toBounds(LIMITS.share) },
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
    isSecret: true,
  },
  {
    key: 'hooks.execTimeout',
    variable: 'CHARTCTL_EXEC_TIMEOUT',
    flag: '--exec-timeout <duration>',
    meaning: 'what check-retrain runs is ended when it takes longer',
    expected: DURATION_EXPECTED,
    schema: DURATION_SCHEMA,
    default: '6h',
  },
  {
    key: 'hooks.webhook',
    variable: 'CHARTCTL_WEBHOOK',
    flag: '--webhook <url>',
    meaning: 'told by check-retrain when a training is due',
    expected: URL_EXPECTED,
    schema: URL_SCHEMA,
    isSecret: true,
  },
] as const satisfies readonly Setting[];

const RULES_SCHEMA: ValueSchema = {
  type: 'array',
  items: { enum: [...CLEAN_RULE_NAMES, 'all'] },
  uniqueItems: true,
};
const RULES_TEXT = `some of ${CLEAN_RULE_NAMES.join(', ')}, all; each once`;

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
  ...EXCHANGE_SETTINGS,
  {
    key: 'window',
    variable: 'CHARTCTL_WINDOW',
    flag: '--window <n>',
    meaning: 'minutes that are exported, and rows that check-retrain looks at',
    expected: 'a whole number in the range 1 to 1000000',
    schema: { type: 'integer', ...toBounds(LIMITS.windowRows) },
    default: WINDOW_MINUTES,
  },
  {
    key: 'sigma',
    variable: 'CHARTCTL_SIGMA',
    flag: '--sigma <number>',
    meaning: 'clean flags volumes above the mean by this many standard deviations',
    expected: 'a number in the range 0.1 to 100',
    schema: { type: 'number', ...toBounds(LIMITS.sigma) },
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
  ...RETRAIN_SETTINGS,
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
    schema: { type: 'number', ...toBounds(LIMITS.lockWaitSeconds) },
    default: 10,
  },
  {
    key: 'metricsFile',
    variable: 'CHARTCTL_METRICS_FILE',
    flag: '--metrics-file <file>',
    meaning: 'a file of metrics that each job rewrites, for Prometheus',
    expected: 'a path that ends in .prom',
    schema: { type: 'string', pattern: METRICS_PATTERN },
    isPath: true,
  },
  {
    key: 'pingUrl',
    variable: 'CHARTCTL_PING_URL',
    flag: '--ping-url <url>',
    meaning: 'told when a job begins and how it ends, as healthchecks.io wants it',
    expected: URL_EXPECTED,
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
] as const satisfies readonly Setting[];

export type SettingKey = (typeof TABLE)[number]['key'];

/**
 * Every setting: its place in the configuration file, its variable, its flag, what it may be, its default.
 *
 * The published schema, the checks, what flags fall back to, `chartctl config` and the manual's table come from here.
 */
export const SETTINGS: readonly (Setting & { key: SettingKey })[] = TABLE;

/** What only the environment or `.env` may say: secrets, and a configuration file gets committed. */
export const ENVIRONMENT_ONLY = [
  {
    variable: 'DATABASE_URL',
    meaning:
      "`postgres://USER:PASSWORD@HOST:PORT/DATABASE`; what it leaves out comes from libpq's `PG...` variables; unset: the embedded database",
  },
  { variable: 'CHARTCTL_WEBHOOK_SECRET', meaning: 'signs what the webhook is told' },
] as const;

export type EnvironmentOnly = (typeof ENVIRONMENT_ONLY)[number]['variable'];
