import { DEFAULTS, LIMITS } from '../core/limits.js';
import { ARGUMENT_PATTERN, COMMAND_PATTERN } from '../core/shell-words.js';
import { SYMBOL_FORM, SYMBOL_PATTERN } from '../core/symbol.js';
import { FALLBACK_NAMES, FALLBACKS } from '../exchange/fallbacks/fallbacks.js';
import { BINANCE_ARCHIVE } from '../exchange/archive/archive-config.js';
import { BINANCE_URLS } from '../exchange/market.js';
import { WINDOW_MINUTES } from '../quality/window.js';
import { CLEAN_RULE_NAMES } from '../quality/rules/rules.js';
import { DURATION_VALUE, numberWithin, PATH_PATTERN, PLACE_VALUE, URL_VALUE, type Setting } from './setting.js';

/** The variables without a setting: they hold secrets, and a configuration file gets committed. */
export const ENVIRONMENT_ONLY = [
  {
    variable: 'DATABASE_URL',
    meaning:
      "`postgres://USER:PASSWORD@HOST:PORT/DATABASE`; what it leaves out comes from libpq's `PG...` variables; unset: the embedded database",
  },
  { variable: 'CHARTCTL_WEBHOOK_SECRET', meaning: 'the key that signs requests to the webhook' },
] as const;

export type EnvironmentOnly = (typeof ENVIRONMENT_ONLY)[number]['variable'];

/** The objects of the configuration file, with what each holds. */
export const SETTING_GROUPS: Readonly<Record<string, string>> = {
  fallbackUrls: 'Base URLs of the fallback exchanges.',
  retrain: 'More reasons for which a training may be due.',
  rules: 'Rules of clean that are enabled or disabled, beside its defaults.',
  hooks: 'The command and the webhook for a training that is due.',
};

const RULES_VALUE = {
  expected: `some of ${CLEAN_RULE_NAMES.join(', ')}, all; each once`,
  schema: { type: 'array', items: { enum: [...CLEAN_RULE_NAMES, 'all'] }, uniqueItems: true },
} as const satisfies Pick<Setting, 'expected' | 'schema'>;

const TABLE = [
  {
    key: 'symbols',
    variable: 'CHARTCTL_SYMBOLS',
    meaning: 'the symbols of a command that names none',
    expected: `symbols of ${SYMBOL_FORM}`,
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
    expected: URL_VALUE.expected,
    schema: { type: 'array', items: URL_VALUE.schema, minItems: 1 },
    default: BINANCE_URLS,
  },
  {
    key: 'archiveUrl',
    variable: 'CHARTCTL_ARCHIVE_URL',
    meaning: "Binance's public archive, or a copy of it",
    ...PLACE_VALUE,
    defaultText: `${BINANCE_ARCHIVE.url}, if binanceUrls are Binance's own`,
  },
  {
    key: 'archiveListingUrl',
    variable: 'CHARTCTL_ARCHIVE_LISTING_URL',
    meaning: 'the listing of that archive; without one its files are found by asking for them',
    ...URL_VALUE,
    defaultText: "that of Binance's archive, if archiveUrl is not set",
  },
  {
    key: 'fallback',
    variable: 'CHARTCTL_FALLBACK',
    meaning: 'the fallback exchanges, tried in order; empty for none',
    expected: `some of ${FALLBACK_NAMES.join(', ')}; each once`,
    schema: { type: 'array', items: { enum: FALLBACK_NAMES }, uniqueItems: true },
    default: FALLBACK_NAMES,
  },
  ...FALLBACKS.map(
    ({ name, url }) =>
      ({
        key: `fallbackUrls.${name}`,
        variable: `CHARTCTL_${name.toUpperCase()}_URL`,
        meaning: `the base URL of ${name}`,
        ...URL_VALUE,
        default: url,
      }) as const,
  ),
  {
    key: 'window',
    variable: 'CHARTCTL_WINDOW',
    flag: '--window <n>',
    meaning: 'minutes that are exported, and rows that check-retrain looks at',
    ...numberWithin(LIMITS.windowRows, true),
    default: WINDOW_MINUTES,
  },
  {
    key: 'sigma',
    variable: 'CHARTCTL_SIGMA',
    flag: '--sigma <number>',
    meaning: 'clean flags volumes above the mean by this many standard deviations',
    ...numberWithin(LIMITS.sigma),
    default: DEFAULTS.sigma,
  },
  {
    key: 'rules.with',
    variable: 'CHARTCTL_WITH',
    flag: '--with <rules>',
    meaning: 'rules that clean also flags by',
    ...RULES_VALUE,
    default: [],
  },
  {
    key: 'rules.without',
    variable: 'CHARTCTL_WITHOUT',
    flag: '--without <rules>',
    meaning: 'rules that clean does not flag by',
    ...RULES_VALUE,
    default: [],
  },
  {
    key: 'threshold',
    variable: 'CHARTCTL_THRESHOLD',
    flag: '--threshold <share>',
    meaning: 'a training is due when the share of replaced rows is greater',
    ...numberWithin(LIMITS.share),
    default: DEFAULTS.threshold,
  },
  {
    key: 'retrain.maxAge',
    variable: 'CHARTCTL_MAX_AGE',
    flag: '--max-age <duration>',
    meaning: 'a training is also due when the last one is older',
    ...DURATION_VALUE,
  },
  {
    key: 'retrain.minNewRows',
    variable: 'CHARTCTL_MIN_NEW_ROWS',
    flag: '--min-new-rows <n>',
    meaning: 'a training is also due when so many valid rows are newer than the last one',
    ...numberWithin(LIMITS.minNewRows, true),
  },
  {
    key: 'retrain.maxFallback',
    variable: 'CHARTCTL_MAX_FALLBACK',
    flag: '--max-fallback <share>',
    meaning: 'a training is also due when the share of rows newly from fallback exchanges is greater',
    ...numberWithin(LIMITS.share),
  },
  {
    key: 'retrain.maxDrift',
    variable: 'CHARTCTL_MAX_DRIFT',
    flag: '--max-drift <share>',
    meaning: 'a training is also due when the share of rows that are no longer as they were first served is greater',
    ...numberWithin(LIMITS.share),
  },
  {
    key: 'hooks.exec',
    variable: 'CHARTCTL_EXEC',
    flag: '--exec <command>',
    meaning:
      'the command that check-retrain runs when a training is due: a text, or an array of the program and its arguments',
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
    meaning: 'the longest time that the command of check-retrain may run',
    ...DURATION_VALUE,
    default: DEFAULTS.execTimeout,
  },
  {
    key: 'hooks.webhook',
    variable: 'CHARTCTL_WEBHOOK',
    flag: '--webhook <url>',
    meaning: 'the URL that check-retrain calls when a training is due',
    ...URL_VALUE,
    isSecret: true,
  },
  {
    key: 'concurrency',
    variable: 'CHARTCTL_CONCURRENCY',
    flag: '--concurrency <n>',
    meaning: 'requests in flight at most',
    ...numberWithin(LIMITS.concurrency, true),
    default: DEFAULTS.concurrency,
  },
  {
    key: 'maxWait',
    variable: 'CHARTCTL_MAX_WAIT',
    flag: '--max-wait <seconds>',
    meaning: 'seconds to wait for rate limits',
    ...numberWithin(LIMITS.maxWaitSeconds),
    default: DEFAULTS.maxWaitSeconds,
  },
  {
    key: 'lockWait',
    variable: 'CHARTCTL_LOCK_WAIT',
    flag: '--lock-wait <seconds>',
    meaning: 'seconds to wait for a symbol that is being written',
    ...numberWithin(LIMITS.lockWaitSeconds),
    default: DEFAULTS.lockWaitSeconds,
  },
  {
    key: 'metricsFile',
    variable: 'CHARTCTL_METRICS_FILE',
    flag: '--metrics-file <file>',
    meaning: 'a file of metrics that each job rewrites, for Prometheus',
    expected: 'a path that ends in .prom',
    // the textfile collector of Prometheus reads no other files
    schema: { type: 'string', pattern: '^[^\\u0000]*\\.prom$' },
    isPath: true,
  },
  {
    key: 'pingUrl',
    variable: 'CHARTCTL_PING_URL',
    flag: '--ping-url <url>',
    meaning: 'the URL that is pinged when a job begins and when it ends, as healthchecks.io expects',
    ...URL_VALUE,
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
 * Every setting: its place in the configuration file, its variable, its flag, its values and its default.
 *
 * The published schema, the checks, the values of flags that are not given, `chartctl config` and the manual's table
 * are derived from this list.
 */
export const SETTINGS: readonly (Setting & { key: SettingKey })[] = TABLE;
