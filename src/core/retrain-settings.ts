import { LIMITS } from './limits.js';
import { ARGUMENT_PATTERN, COMMAND_PATTERN, DURATION_PATTERN } from './setting-patterns.js';
import { toBounds, type Setting, type ValueSchema } from './setting.js';
import { URL_EXPECTED, URL_SCHEMA } from './url-setting.js';

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
