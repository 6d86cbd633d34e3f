import { bollinger } from './bollinger.js';
import { LOOK_BACK } from './calculate-indicators.js';
import type { Parameters } from './indicator.js';
import { INDICATOR_COLUMNS, type IndicatorColumn } from './indicators.js';
import { macd } from './macd.js';
import { rsi } from './rsi.js';
import { stochastic } from './stochastic.js';
import { volatility } from './volatility.js';

const PARAMETERS: Readonly<Record<IndicatorColumn, Parameters>> = {
  ...rsi.parameters,
  ...macd.parameters,
  ...bollinger.parameters,
  ...stochastic.parameters,
  ...volatility.parameters,
};

/** Those that never forget where their run began: what other indicators look back, these need as a warm-up. */
const RECURSIVE = { ...rsi.lookBack, ...macd.lookBack };

/** What each indicator is calculated with, and how many candles of its run come before its first value. */
export const INDICATOR_PARAMETERS = Object.fromEntries(
  INDICATOR_COLUMNS.map((column): [IndicatorColumn, Parameters] => {
    const before = column in RECURSIVE ? 'warmUp' : 'lookBack';
    return [column, { ...PARAMETERS[column], [before]: LOOK_BACK[column] }];
  }),
) as Record<IndicatorColumn, Parameters>;
