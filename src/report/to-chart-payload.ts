import { CANDLE_FIELDS } from '../core/candle.js';
import { type Minute, MINUTE_MS } from '../core/minute.js';
import { INDICATOR_COLUMNS } from '../indicators/indicators.js';
import { isSoundAt, type RowBlock } from '../rows/row-block.js';
import { type ChartPayload, type PayloadColumn, STATES } from './chart-payload.js';
import { type PackedColumn, packExactly, packRounded } from './column-codec.js';
import type { Report, SymbolReport } from './report-data.js';

/** An indicator's typical value is shown with so many digits. */
const INDICATOR_DIGITS = 4;

/**
 * Puts a symbol's rows into the form in which they travel: candles as they are, indicators rounded.
 *
 * @param deflate compresses bytes (raw deflate, RFC 1951)
 */
export function toChartPayload(
  report: Pick<Report, 'range'>,
  { symbol, rows, volume, gaps, flags }: SymbolReport,
  deflate: (bytes: Uint8Array) => Buffer,
): ChartPayload {
  const columns = packColumns(rows, report.range.from);
  return {
    symbol,
    ...report.range,
    volume,
    gaps: gaps.map(({ from, to, cause }) => ({ from, to, cause })),
    flags: flags.map(({ minute, rule, state, isKept }) => ({ minute, rule, isOpen: state === 'open' || isKept })),
    columns: columns.map(({ name, packed: { decimals, width } }) => ({ name, decimals, width })),
    data: deflate(Buffer.concat(columns.map(({ packed }) => packed.bytes))).toString('base64'),
  };
}

function packColumns(rows: RowBlock, from: Minute): { name: PayloadColumn; packed: PackedColumn }[] {
  const candle = CANDLE_FIELDS.map((name) => ({ name, packed: packExactly(rows[name]) }));
  const priceDecimals = Math.max(...candle.slice(0, 4).map(({ packed }) => packed.decimals ?? 0));
  const indicators = INDICATOR_COLUMNS.map((name) => {
    // infinity stands for a stored NaN
    const values = rows[name].map((value) => (Number.isFinite(value) ? value : NaN));
    const least = name.startsWith('bb_') ? priceDecimals + 1 : 0;
    return { name, packed: packRounded(values, Math.max(least, chooseDecimals(values))) };
  });
  return [
    { name: 'minute', packed: packExactly(rows.openTime.map((time) => (time - from) / MINUTE_MS)) },
    ...candle,
    ...indicators,
    { name: 'source', packed: packExactly(Float64Array.from(rows.source)) },
    { name: 'state', packed: packExactly(Float64Array.from(rows.openTime, (_, at) => stateAt(rows, at))) },
  ];
}

/** Decimals with which the median of the values other than 0 has `INDICATOR_DIGITS` digits. */
function chooseDecimals(values: Float64Array): number {
  const sizes = values
    .map(Math.abs)
    .filter((size) => size > 0)
    .sort();
  const median = sizes[Math.floor(sizes.length / 2)];
  if (median === undefined) return 2;
  return Math.min(12, Math.max(0, INDICATOR_DIGITS - 1 - Math.floor(Math.log10(median))));
}

function stateAt(rows: RowBlock, at: number): number {
  const isFlagged = rows.hasMissingData[at] === 1;
  const isComplete = rows.isComplete[at] === 1;
  const isValid = isComplete && !isFlagged && isSoundAt(rows, at);
  return (isFlagged ? STATES.flagged : 0) + (isComplete ? STATES.complete : 0) + (isValid ? STATES.valid : 0);
}
