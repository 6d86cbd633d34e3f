import { CANDLE_FIELDS } from '../../../core/candle.js';
import { INDICATOR_COLUMNS } from '../../../indicators/indicators.js';
import { CHART_COLUMNS, type ChartColumnName, type OtherColumn } from '../../rolling-chart-data/columns.js';

export type ColumnFamily = 'text' | 'time' | 'number' | 'boolean';

interface ColumnType {
  family: ColumnFamily;
  /** The text after the name in ADD COLUMN. Undefined for columns that an adopted table must already have. */
  definition?: string;
  /** The length of the longest text to be stored. */
  length?: number;
}

/** A column of `rolling_chart_data` after the migration. */
export interface ExpectedColumn extends ColumnType {
  name: ChartColumnName;
}

const NUMBER: ColumnType = { family: 'number' };
const INDICATOR: ColumnType = { family: 'number', definition: 'double precision' };

const OTHER_COLUMNS: Readonly<Record<OtherColumn, ColumnType>> = {
  symbol: { family: 'text', length: 20 },
  timestamp: { family: 'time' },
  source: { family: 'text', length: 'BINANCE_BACKFILL'.length, definition: `text DEFAULT 'BINANCE'` },
  hasmissingdata: { family: 'boolean', definition: 'boolean DEFAULT false' },
  // existing rows get `false`, because chartctl did not calculate their indicators; the default becomes true afterwards
  iscomplete: { family: 'boolean', definition: 'boolean DEFAULT false' },
  written_at: { family: 'time', definition: 'timestamp with time zone' },
};

export const EXPECTED_COLUMNS: readonly ExpectedColumn[] = (['symbol', ...CHART_COLUMNS] as const).map((name) => ({
  name,
  ...(isOneOf(CANDLE_FIELDS, name) ? NUMBER : isOneOf(INDICATOR_COLUMNS, name) ? INDICATOR : OTHER_COLUMNS[name]),
}));

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

/** What the migration does with a column's type. */
export type TypeConversion =
  | { kind: 'keep' }
  /** `using` returns the SQL expression that converts the column `old`; `zone` is that of times without one. */
  | { kind: 'convert'; to: string; using: (old: string, zone: string) => string }
  | { kind: 'refuse'; expected: string };

const KEEP: TypeConversion = { kind: 'keep' };

/**
 * Whether a column of this type can be kept, can be converted without loss, or needs a decision by the user.
 *
 * @param type as PostgreSQL's `format_type` prints it
 */
export function classifyType(column: ExpectedColumn, type: string, isEnum: boolean): TypeConversion {
  switch (column.family) {
    case 'text':
      return classifyText(type, isEnum, column.length ?? 0);
    case 'time':
      return classifyTime(type);
    case 'number':
      return classifyNumber(type);
    case 'boolean':
      return type === 'boolean' ? KEEP : { kind: 'refuse', expected: 'boolean' };
  }
}

function classifyText(type: string, isEnum: boolean, length: number): TypeConversion {
  const limit = /^character varying(?:\((\d+)\))?$/.exec(type);
  if (type === 'text' || (limit && Number(limit[1] ?? Infinity) >= length)) return KEEP;
  const isText = limit !== null || isEnum || /^character\(\d+\)$/.test(type) || type === 'citext' || type === 'name';
  return isText
    ? { kind: 'convert', to: 'text', using: (old) => `${old}::text` }
    : { kind: 'refuse', expected: 'text' };
}

function classifyTime(type: string): TypeConversion {
  const to = 'timestamp with time zone';
  if (/^timestamp(\(\d\))? with time zone$/.test(type)) return KEEP;
  const isNaive = /^timestamp(\(\d\))? without time zone$/.test(type);
  return isNaive
    ? { kind: 'convert', to, using: (old, zone) => `${old} AT TIME ZONE '${zone}'` }
    : { kind: 'refuse', expected: to };
}

function classifyNumber(type: string): TypeConversion {
  const to = 'double precision';
  if (type === to) return KEEP;
  // by way of text: the shortest decimal of a `real` is the number that the exchange sent
  if (type === 'real') return { kind: 'convert', to, using: (old) => `${old}::text::${to}` };
  const isExact = /^(smallint|integer|bigint|numeric(\(.*\))?)$/.test(type);
  return isExact ? { kind: 'convert', to, using: (old) => `${old}::${to}` } : { kind: 'refuse', expected: to };
}
