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

/** The kind of a column of the platform by its name; undefined when the name says nothing of the sort. */
export function findColumnKind(name: string): ColumnKind | undefined {
  const words = normalizeName(name);
  return (Object.keys(NAMES) as ColumnKind[]).find((kind) => NAMES[kind].includes(words));
}

/** Spellings of a one-minute interval. Case matters in the first: Binance's `1M` is a month. */
const ONE_MINUTE = [
  /^1?m$/,
  /^(pt)?(1|one)?[\s_-]*(min|mins|minute|minutes|t)$/i,
  /^(m|min|minute)[\s_-]?1$/i,
  /^PT1M$/,
  /^(60(s|sec|000)?|00:01:00|1)$/i,
];

/**
 * The value that stands for chartctl's own rows: one-minute candles, Binance, its spot market.
 *
 * @param values the most frequent first
 * @returns undefined when none of the values of an interval is a minute
 */
export function chooseValue(kind: ColumnKind, values: readonly (string | null)[]): string | null | undefined {
  const find = (pattern: RegExp) => values.find((value) => value !== null && pattern.test(value));
  switch (kind) {
    case 'interval':
      return findFinestNumber(values) ?? ONE_MINUTE.map(find).find((value) => value !== undefined);
    case 'venue':
      return find(/^binance$/i) ?? find(/binance/i) ?? values[0];
    case 'market':
      return find(/^spot$/i) ?? values[0];
    case 'other':
      return values[0];
  }
}

/** Whether all values of an interval column stand for one minute; NULL says nothing. */
export function areOneMinute(values: readonly (string | null)[]): boolean {
  const isNumeric = values.filter(isNumber).length > 1; // 1 and 60: whatever the unit is, one of them is no minute
  return !isNumeric && values.every((value) => value === null || ONE_MINUTE.some((pattern) => pattern.test(value)));
}

/** Of several numbers the least if it can be one minute: 1, 60 seconds, 60000 milliseconds. */
function findFinestNumber(values: readonly (string | null)[]): string | undefined {
  const numbers = values.filter(isNumber).sort((a, b) => Number(a) - Number(b));
  return numbers.length > 1 && areOneMinute(numbers.slice(0, 1)) ? numbers[0] : undefined;
}

function isNumber(value: string | null): value is string {
  return value !== null && /^\d+$/.test(value);
}

/** Whether a value of a venue column stands for another exchange than Binance. */
export function isOtherVenue(value: string | null): boolean {
  return value !== null && /[a-z]/i.test(value) && !/binance/i.test(value);
}
