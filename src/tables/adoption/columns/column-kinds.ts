import { normalizeName } from './column-spellings.js';

/** What a platform's own column tells apart: candle lengths, exchanges, markets of an exchange, or something else. */
export type ColumnKind = 'interval' | 'venue' | 'market' | 'other';

const NAMES: Readonly<Record<ColumnKind, readonly string[]>> = {
  interval: [
    ...[
      'interval',
      'timeframe',
      'tf',
      'period',
      'resolution',
      'granularity',
      'frequency',
      'freq',
      'barsize',
      'duration',
    ],
    ...['candleinterval', 'klineinterval', 'candlesize', 'candletype', 'timeinterval', 'intervalname', 'barinterval'],
  ],
  venue: ['exchange', 'exchangename', 'exchangeid', 'venue', 'venueid', 'provider', 'dataprovider', 'feed', 'broker'],
  market: ['market', 'markettype', 'type', 'instrumenttype', 'contracttype', 'producttype', 'category', 'segment'],
  other: [
    ...['pricetype', 'side', 'quote', 'quoteasset', 'quotecurrency', 'currency', 'chain', 'pool', 'network', 'env'],
    ...['environment', 'istestnet', 'testnet', 'account', 'accountid', 'tenant', 'tenantid', 'userid', 'strategy'],
    ...['strategyid', 'baseasset', 'basecurrency', 'adjustment', 'kind'],
  ],
};

/** Units of an interval, and words that leave the meaning of a name as it is: `interval_minutes`, `market_code`. */
const ENDINGS = /(id|name|code|key|minutes?|mins?|seconds?|secs?|ms|millis|milliseconds)$/;

/**
 * The kind of a column of the platform by its name; undefined when the name says nothing of the sort:
 * `duration_ms` is probably that of a request.
 */
export function findColumnKind(name: string): ColumnKind | undefined {
  const words = normalizeName(name);
  const stem = words.replace(ENDINGS, '');
  return (Object.keys(NAMES) as ColumnKind[]).find((kind) =>
    NAMES[kind].some((each) => each === words || (each === stem && stem !== 'duration')),
  );
}

/** Spellings of a one-minute interval. Case matters in the first: Binance's `1M` is a month. */
const ONE_MINUTE = [
  /^1?m$/,
  /^(pt)?(1|one)?[\s_-]*(min|mins|minute|minutes|t)$/i,
  /^(m|min|minute)[\s_-]?1$/i,
  /^PT1M$/,
  /^(60(s|sec|000)?|00:01:00|1)$/i,
];

/** The number that is one minute in a column whose name says its unit; undefined for other columns. */
export function findMinuteNumber(name: string): string | undefined {
  const words = normalizeName(name);
  if (/minutes?$|mins?$/.test(words)) return '1';
  if (/ms$|millis(econds)?$/.test(words)) return '60000';
  return /seconds?$|secs?$/.test(words) ? '60' : undefined;
}

/**
 * The value that stands for chartctl's own rows: one-minute candles, Binance, its spot market.
 *
 * @param values the most frequent first
 * @param minute the number that is one minute, if the unit is known
 * @returns undefined when none of the values of an interval is a minute
 */
export function chooseValue(
  kind: ColumnKind,
  values: readonly (string | null)[],
  minute?: string,
): string | null | undefined {
  const find = (pattern: RegExp) => values.find((value) => value !== null && pattern.test(value));
  switch (kind) {
    case 'interval':
      return findFinestNumber(values, minute) ?? ONE_MINUTE.map(find).find((value) => isMinute(value, minute));
    case 'venue':
      return find(/^binance$/i) ?? find(/binance/i) ?? values[0];
    case 'market':
      return find(/^spot$/i) ?? values[0];
    case 'other':
      return values[0];
  }
}

/** Whether all values of an interval column stand for one minute; NULL says nothing. */
export function areOneMinute(values: readonly (string | null)[], minute?: string): boolean {
  const isNumeric = values.filter(isNumber).length > 1; // 1 and 60: whatever the unit is, one of them is no minute
  return !isNumeric && values.every((value) => value === null || isMinute(value, minute));
}

function isMinute(value: string | null | undefined, minute: string | undefined): value is string {
  if (value === null || value === undefined) return false;
  if (minute !== undefined && isNumber(value)) return value === minute;
  return ONE_MINUTE.some((pattern) => pattern.test(value));
}

/** Of several numbers the least if it can be one minute: 1, 60 seconds, 60000 milliseconds. */
function findFinestNumber(values: readonly (string | null)[], minute: string | undefined): string | undefined {
  const numbers = values.filter(isNumber).sort((a, b) => Number(a) - Number(b));
  if (minute !== undefined) return numbers.find((number) => number === minute);
  return numbers.length > 1 && areOneMinute(numbers.slice(0, 1)) ? numbers[0] : undefined;
}

function isNumber(value: string | null): value is string {
  return value !== null && /^\d+$/.test(value);
}

/** Exchanges and markets of other prices than Binance's spot market: Binance.US, futures, the test network. */
const OTHER_BINANCE =
  /[ ._-]?(us|tr|jersey)$|binanceus|fut|perp|swap|deliver|dapi|fapi|usd[^a-z]?s?[^a-z]?m|coin[^a-z]?m|testnet/i;

/** Whether a value of a venue column stands for another exchange than Binance, or for another market of it. */
export function isOtherVenue(value: string | null): boolean {
  return value !== null && /[a-z]/i.test(value) && (!/binance/i.test(value) || OTHER_BINANCE.test(value));
}
