import * as assert from 'uvu/assert';
import {
  areOneMinute,
  chooseValue,
  findColumnKind,
  findMinuteNumber,
  isOtherVenue,
} from '../../../src/tables/adoption/columns/column-kinds.js';
import { isSpellingOf, isStandInFor } from '../../../src/tables/adoption/columns/column-spellings.js';
import { pickFreeName } from '../../../src/tables/adoption/free-name.js';
import { CHART_COLUMNS, type ChartColumnName } from '../../../src/tables/rolling-chart-data/columns.js';
import { group } from '../../harness/group.js';

const COLUMNS: readonly ChartColumnName[] = ['symbol', ...CHART_COLUMNS];

/** Names that mean a column, whatever else is in the table. */
const SPELLINGS: Partial<Record<ChartColumnName, readonly string[]>> = {
  symbol: ['symbol', 'Symbol', 'SYMBOL'],
  timestamp: ['Timestamp', 'time_stamp'],
  open: ['Open'],
  rsi: ['RSI', 'rsi14', 'RSI_14', 'rsi_14'],
  macd: ['MACD', 'macd_line', 'MACD_12_26_9'],
  macd_signal: ['macdSignal', 'MACDs_12_26_9', 'macd_signal_line'],
  macd_histogram: ['macdHistogram', 'macd_hist', 'MACDh_12_26_9'],
  bb_upper: ['bbUpper', 'bollinger_upper', 'bollingerUpper', 'bollinger_band_upper', 'upper_bollinger', 'BBU_20_2.0'],
  bb_middle: ['bb_mid', 'bollingerMiddle', 'bollinger_middle_band'],
  bb_lower: ['bbLower', 'bollinger_lower', 'bb_lower_band'],
  stoch_k: ['stochK', 'stochastic_k', 'STOCH_K'],
  stoch_d: ['stochD', 'stochastic_d'],
  volatility_1m: ['volatility1m', 'volatility_1min', 'volatility_1_min'],
  volatility_5m: ['volatility_5min', 'volatility5Min', 'volatility_5_minutes', 'realized_volatility_5m'],
  volatility_15m: ['volatility15m', 'volatility_15min'],
  volatility_60m: ['volatility_60min', 'volatility_1h'],
  source: ['Source', 'SOURCE'],
  hasmissingdata: ['hasMissingData', 'has_missing_data', 'HasMissingData', 'missing_data', 'HAS_MISSING_DATA'],
  iscomplete: ['isComplete', 'is_complete', 'IsComplete', 'is complete'],
  written_at: ['writtenAt', 'written_at', 'WrittenAt'],
};

/** Names that mean a column only where the table has none of a clearer name. */
const STAND_INS: Partial<Record<ChartColumnName, readonly string[]>> = {
  symbol: ['pair', 'trading_pair', 'Ticker', 'market'],
  timestamp: ['open_time', 'openTime', 'ts', 'time', 'date'],
  close: ['close_price', 'c'],
  volume: ['vol', 'baseVolume', 'v'],
  source: ['data_source'],
};

group('names of columns', (test) => {
  test('each spelling means its column and no other', () => {
    for (const [column, names] of Object.entries(SPELLINGS)) {
      for (const name of names) {
        const found = COLUMNS.filter((candidate) => isSpellingOf(candidate, name));
        assert.equal(found, [column], name);
      }
    }
  });

  test('a name of less certain meaning is a stand-in, not a spelling', () => {
    for (const [column, names] of Object.entries(STAND_INS)) {
      for (const name of names) {
        assert.equal(
          COLUMNS.filter((candidate) => isStandInFor(candidate, name)),
          [column],
          name,
        );
        assert.equal(
          COLUMNS.filter((candidate) => isSpellingOf(candidate, name)),
          [],
          name,
        );
      }
    }
  });

  test("the platform's own columns mean none of chartctl's", () => {
    for (const name of [
      'id',
      'note',
      'quote_volume',
      'trades',
      'close_time',
      'rsi_7',
      'is_closed',
      'updated_at',
      'interval',
    ])
      assert.equal(
        COLUMNS.filter((column) => isSpellingOf(column, name) || isStandInFor(column, name)),
        [],
        name,
      );
  });

  test('a name that is taken gets a number, and stays within the length that PostgreSQL keeps', () => {
    assert.is(pickFreeName('a_old', []), 'a_old');
    assert.is(pickFreeName('a_old', ['a_old', 'a_old_2']), 'a_old_3');
    assert.is(pickFreeName('a'.repeat(70), ['a'.repeat(63)]), `${'a'.repeat(61)}_2`);
  });
});

group('values that tell rows apart', (test) => {
  for (const minute of [
    '1m',
    'm',
    '1min',
    '1 min',
    'minute',
    '1_minute',
    'M1',
    'MINUTE_1',
    'PT1M',
    '1T',
    '60',
    '60s',
    '00:01:00',
  ])
    test(`"${minute}" is one minute`, () => assert.ok(areOneMinute([minute, null])));

  for (const other of ['1M', '1h', '5m', '15m', '1d', 'H1', '3600', '60m', 'PT1H', ''])
    test(`"${other}" is not one minute`, () => assert.not(areOneMinute(['1m', other])));

  test('of two numbers at least one is not one minute, whatever their unit', () => {
    assert.not(areOneMinute(['1', '60']));
    assert.ok(areOneMinute(['1m', '1min']));
  });

  test('the value of chartctl is one minute, Binance, and its spot market', () => {
    assert.is(chooseValue('interval', ['1h', '1m']), '1m');
    assert.is(chooseValue('interval', ['1h', '4h']), undefined);
    assert.is(chooseValue('interval', ['60', '1']), '1');
    assert.is(chooseValue('interval', ['3600', '60']), '60');
    assert.is(chooseValue('interval', ['5', '15']), undefined);
    assert.is(chooseValue('venue', ['kraken', 'binance_us', 'Binance']), 'Binance');
    assert.is(chooseValue('market', ['futures', 'SPOT']), 'SPOT');
    assert.is(chooseValue('other', ['b', 'a']), 'b');
    assert.is(chooseValue('interval', ['60', '1440'], '1'), undefined);
    assert.is(chooseValue('interval', ['1', '60'], '60'), '60');
  });

  test('columns have kinds by their names, and ids of exchanges name no other exchange', () => {
    assert.is(findColumnKind('candleInterval'), 'interval');
    assert.is(findColumnKind('Exchange_Name'), 'venue');
    assert.is(findColumnKind('market_type'), 'market');
    assert.is(findColumnKind('interval_minutes'), 'interval');
    assert.is(findColumnKind('timeframe_ms'), 'interval');
    assert.is(findColumnKind('exchange_code'), 'venue');
    assert.is(findColumnKind('duration_ms'), undefined);
    assert.is(findColumnKind('note'), undefined);
    assert.equal(['interval', 'interval_min', 'tfSeconds', 'bar_ms'].map(findMinuteNumber), [
      undefined,
      '1',
      '60',
      '60000',
    ]);
    assert.equal(['BINANCE', 'binance_spot', 'Binance.com', '2', null].filter(isOtherVenue), []);
    const others = [
      'kraken',
      'binanceus',
      'binance_us',
      'binance-futures',
      'BINANCE_PERP',
      'binanceusdm',
      'binance_coin_m',
    ];
    assert.equal(others.filter(isOtherVenue), others);
  });
});
