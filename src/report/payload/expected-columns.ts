import { CANDLE_FIELDS } from '../../core/candle.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';
import { annotateBlock } from '../../rows/block-indicators.js';
import { createBlock } from '../../rows/row-block.js';
import type { PayloadColumn } from './chart-payload.js';

type Columns = ReadonlyMap<PayloadColumn, Float64Array>;

/**
 * The columns of a payload in the order in which they are packed: what is expected of one follows from those before it.
 */
export const PAYLOAD_COLUMNS: readonly PayloadColumn[] = [
  'minute',
  'close',
  'open',
  'high',
  'low',
  'volume',
  ...INDICATOR_COLUMNS,
  'source',
  'state',
];

/**
 * Says what the numbers of a column most likely are: a candle opens at the close before it, its high and low are one of
 * these, and its indicators are those of its candles. Few numbers differ, and only the differences take space.
 *
 * @param from the time of minute 0
 */
export function createExpectations(from: Minute): (name: PayloadColumn, known: Columns) => Float64Array | undefined {
  let indicators: ReturnType<typeof annotateBlock>['columns'] | undefined;
  return (name, known) => {
    const column = INDICATOR_COLUMNS.find((indicator) => indicator === name);
    if (column) return (indicators ??= calculateIndicators(from, known))[column];
    const [open, close] = [known.get('open'), known.get('close')];
    if (name === 'open') return close!.map((_, i) => close![i - 1] ?? NaN);
    if (name === 'high') return open!.map((value, i) => Math.max(value, close![i]!));
    if (name === 'low') return open!.map((value, i) => Math.min(value, close![i]!));
    return name === 'volume' ? new Float64Array(close!.length) : undefined;
  };
}

function calculateIndicators(from: Minute, known: Columns): ReturnType<typeof annotateBlock>['columns'] {
  const minutes = known.get('minute')!;
  const block = createBlock(minutes.length);
  block.openTime.set(minutes.map((minute) => from + minute * MINUTE_MS));
  for (const field of CANDLE_FIELDS) block[field].set(known.get(field)!);
  return annotateBlock(block).columns;
}
