import { CANDLE_FIELDS } from '../../core/candle.js';
import { type Minute, MINUTE_MS } from '../../core/minute.js';
import {
  COLUMN_DEFINITIONS,
  INDICATOR_COLUMNS,
  INDICATORS,
  type IndicatorColumn,
} from '../../indicators/indicators.js';
import { isCompleteAt, isValidAt, type RowBlock } from '../../rows/row-block.js';
import { type ChartPayload, type IndicatorPane, type PayloadColumn, STATES } from './chart-payload.js';
import { countDecimals, type PackedColumn, packExactly, packRounded } from './column-codec.js';
import { createExpectations, PAYLOAD_COLUMNS } from './expected-columns.js';
import type { Report, SymbolReport } from '../report-data.js';

/** The significant digits with which an indicator's typical value is shown. */
const INDICATOR_DIGITS = 4;

/** The report's panes, those over the candles first. */
export const INDICATOR_PANES = INDICATORS.map(toPane).sort((a, b) => Number(b.isOverlay) - Number(a.isOverlay));

function toPane({ pane, columns }: (typeof INDICATORS)[number]): IndicatorPane & { title: string; isShown: boolean } {
  const names = (pane.order ?? Object.keys(columns)) as readonly IndicatorColumn[];
  const lines = names.map((column) => ({ column, ...COLUMN_DEFINITIONS[column].line }));
  const { name, title, isShown, isOverlay, levels } = pane;
  return { name, title, isShown, isOverlay, levels, lines };
}

/**
 * Packs a symbol's rows for the page: candles exactly, indicators rounded.
 *
 * @param deflate compresses bytes (raw deflate, RFC 1951)
 */
export function toChartPayload(
  report: Pick<Report, 'range'>,
  { symbol, rows, volume, gaps, flags }: SymbolReport,
  deflate: (bytes: Uint8Array) => Buffer,
): ChartPayload {
  const columns = packColumns(rows, report.range.from);
  const rules = [...new Set(flags.map(({ rule }) => rule))];
  return {
    symbol,
    ...report.range,
    volume,
    gaps: gaps.map(({ from, to, cause }) => ({ from, to, cause })),
    rules,
    flags: flags.map(({ minute, rule, state, isKept }) => [
      (minute - report.range.from) / MINUTE_MS,
      rules.indexOf(rule),
      state === 'open' || isKept ? 1 : 0,
    ]),
    panes: INDICATOR_PANES.map(({ name, isOverlay, levels, lines }) => ({ name, isOverlay, levels, lines })),
    columns: columns.map(({ name, packed: { decimals, width } }) => ({ name, decimals, width })),
    data: deflate(Buffer.concat(columns.map(({ packed }) => packed.bytes))).toString('base64'),
  };
}

/** Drawn on the scale of the prices, and shown with one decimal more. */
const OVERLAY_COLUMNS = INDICATOR_PANES.filter(({ isOverlay }) => isOverlay).flatMap(({ lines }) =>
  lines.map(({ column }) => column),
);

function packColumns(rows: RowBlock, from: Minute): { name: PayloadColumn; packed: PackedColumn }[] {
  const numbers = toNumbers(rows, from);
  const decimals = CANDLE_FIELDS.slice(0, 4).map((name) => countDecimals(rows[name]) ?? 0);
  const expect = createExpectations(from);
  return PAYLOAD_COLUMNS.map((name) => {
    const values = numbers.get(name)!;
    const expected = expect(name, numbers);
    const column = INDICATOR_COLUMNS.find((indicator) => indicator === name);
    if (!column) return { name, packed: packExactly(values, expected) };
    const minDecimals = OVERLAY_COLUMNS.includes(column) ? Math.max(...decimals) + 1 : 0;
    return { name, packed: packRounded(values, Math.max(minDecimals, chooseDecimals(values)), expected) };
  });
}

/** The numbers of each column; NaN is "no number". */
function toNumbers(rows: RowBlock, from: Minute): Map<PayloadColumn, Float64Array> {
  return new Map<PayloadColumn, Float64Array>([
    ['minute', rows.openTime.map((time) => (time - from) / MINUTE_MS)],
    ...CANDLE_FIELDS.map((name) => [name, rows[name]] as const),
    // infinity stands for a stored NaN
    ...INDICATOR_COLUMNS.map(
      (name) => [name, rows[name].map((value) => (Number.isFinite(value) ? value : NaN))] as const,
    ),
    ['source', Float64Array.from(rows.source)],
    ['state', Float64Array.from(rows.openTime, (_, at) => stateAt(rows, at))],
  ]);
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
  return (
    (isFlagged ? STATES.flagged : 0) +
    (isCompleteAt(rows, at) ? STATES.complete : 0) +
    (isValidAt(rows, at) ? STATES.valid : 0)
  );
}
