import { LIMITS } from './limits.js';
import { EXCHANGE_SETTINGS } from './exchange-settings.js';
import { CLEAN_RULE_NAMES } from './flag-rules.js';
import { WINDOW } from './indicator-columns.js';
import { RETRAIN_SETTINGS } from './retrain-settings.js';
import { METRICS_PATTERN, PATH_PATTERN, SYMBOL_PATTERN } from './setting-patterns.js';
import { toBounds, type Setting, type ValueSchema } from './setting.js';
import { URL_EXPECTED, URL_SCHEMA } from './url-setting.js';

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
    default: WINDOW,
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
