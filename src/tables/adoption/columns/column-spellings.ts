import type { ChartColumnName } from '../../rolling-chart-data/columns.js';

interface Spellings {
  /** Names that mean this column and nothing else. */
  synonyms?: readonly string[];
  /** Names that may mean this column when the table has none of a clearer name; the best first. */
  standIns?: readonly string[];
}

/** A name in lower case and without separators: `is_complete`, `"isComplete"` and `"Is Complete"` are the same. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

const combine = (first: readonly string[], second: readonly string[]) => first.flatMap((a) => second.map((b) => a + b));

const BOLLINGER = ['bb', 'bband', 'bbands', 'boll', 'bollinger', 'bollingerband', 'bollingerbands'];

function bandOf(...words: string[]): Spellings {
  return {
    synonyms: [
      ...combine(BOLLINGER, words),
      ...combine(BOLLINGER, combine(words, ['band'])),
      ...combine(words, BOLLINGER),
    ],
  };
}

function volatilityOf(...periods: string[]): Spellings {
  return { synonyms: combine(['volatility', 'realizedvolatility', 'realisedvolatility'], periods) };
}

function priceOf(name: string): Spellings {
  return { standIns: [`${name}price`, `price${name}`, name.slice(0, 1)] };
}

/**
 * The other names of chartctl's columns, normalized. Names with parameters mean our own parameters: `rsi_14`, but not
 * `rsi_7`.
 */
const SPELLINGS: Readonly<Record<ChartColumnName, Spellings>> = {
  symbol: { standIns: ['pair', 'tradingpair', 'currencypair', 'ticker', 'instrument', 'symbolname', 'market'] },
  timestamp: {
    standIns: [
      'opentime',
      'opentimestamp',
      'openat',
      'candletime',
      'starttime',
      'time',
      'ts',
      'datetime',
      'date',
      'bucket',
    ],
  },
  open: priceOf('open'),
  high: priceOf('high'),
  low: priceOf('low'),
  close: priceOf('close'),
  volume: { standIns: ['basevolume', 'volumebase', 'vol', 'v'] },
  rsi: { synonyms: ['rsi14'] },
  macd: { synonyms: ['macdline', 'macd1226', 'macd12269'] },
  macd_signal: { synonyms: ['macdsignalline', 'macds12269'] },
  macd_histogram: { synonyms: ['macdhist', 'macdh12269'] },
  bb_upper: bandOf('upper', 'up', 'u2020'),
  bb_middle: bandOf('middle', 'mid', 'm2020'),
  bb_lower: bandOf('lower', 'low', 'l2020'),
  stoch_k: { synonyms: ['stochastick', 'stochasticsk', 'stochastick14'] },
  stoch_d: { synonyms: ['stochasticd', 'stochasticsd', 'stochasticd14'] },
  volatility_1m: volatilityOf('1m', '1min', '1minute'),
  volatility_5m: volatilityOf('5m', '5min', '5minute', '5minutes'),
  volatility_15m: volatilityOf('15m', '15min', '15minute', '15minutes'),
  volatility_60m: volatilityOf('60m', '60min', '60minute', '60minutes', '1h', '1hour'),
  source: { standIns: ['datasource', 'candlesource'] },
  hasmissingdata: { synonyms: ['hasmissing', 'missingdata', 'ismissingdata'] },
  iscomplete: { synonyms: ['datacomplete', 'isdatacomplete'] },
  written_at: {},
};

/** Whether the name is a spelling of the column, or a synonym that means nothing else. */
export function isSpellingOf(column: ChartColumnName, name: string): boolean {
  const words = normalizeName(name);
  return words === normalizeName(column) || (SPELLINGS[column].synonyms?.includes(words) ?? false);
}

/** Whether the name may mean the column in a table that has none of a clearer name. */
export function isStandInFor(column: ChartColumnName, name: string): boolean {
  return findClearest(column, [name]).length > 0;
}

/** Those of the names that most clearly mean the column, in a table that has no spelling of it. */
export function findClearest(column: ChartColumnName, names: readonly string[]): string[] {
  for (const words of SPELLINGS[column].standIns ?? []) {
    const found = names.filter((name) => normalizeName(name) === words);
    if (found.length > 0) return found;
  }
  return [];
}
