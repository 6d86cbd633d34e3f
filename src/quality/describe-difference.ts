import { CANDLE_FIELDS } from '../core/candle.js';
import type { Comparison } from './compare-with-exchange.js';
import { describeFault } from './unsound.js';

/**
 * What differs in one minute, in words for the record of a flag.
 *
 * @example describeDifference(item) // 'close 52878.14, Binance gives 52861.74; volume 932.57, Binance gives 935.28'
 */
export function describeDifference({ stored, exchange, class: rowClass }: Comparison): string {
  if (!stored) return 'the table does not have the minute';
  if (!exchange) return 'Binance does not have the minute';
  const differing = CANDLE_FIELDS.filter((field) => stored[field] !== exchange[field]);
  const fields = differing.map((field) => `${field} ${stored[field]}, Binance gives ${exchange[field]}`).join('; ');
  if (rowClass === 'unsound') return `${describeFault(stored) ?? 'unsound'}; ${fields}`;
  if (rowClass === 'fallback') return `a fallback exchange's row; ${fields || "its numbers are Binance's"}`;
  return fields;
}
