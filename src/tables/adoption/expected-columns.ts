import { CANDLE_FIELDS } from '../../core/candle.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';

type ColumnFamily = 'text' | 'time' | 'number' | 'boolean';

/** A column of `rolling_chart_data` after the migration; `name` is in lower case, as PostgreSQL stores it. */
export interface ExpectedColumn {
  name: string;
  family: ColumnFamily;
  /** The text after the name in ADD COLUMN. Undefined for columns that an adopted table must already have. */
  definition?: string;
  /** The length of the longest text to be stored. */
  length?: number;
}

export const EXPECTED_COLUMNS: readonly ExpectedColumn[] = [
  { name: 'symbol', family: 'text', length: 20 },
  { name: 'timestamp', family: 'time' },
  ...CANDLE_FIELDS.map((name): ExpectedColumn => ({ name, family: 'number' })),
  ...INDICATOR_COLUMNS.map((name): ExpectedColumn => ({ name, family: 'number', definition: 'double precision' })),
  { name: 'source', family: 'text', length: 'BINANCE_BACKFILL'.length, definition: `text DEFAULT 'BINANCE'` },
  { name: 'hasmissingdata', family: 'boolean', definition: 'boolean DEFAULT false' },
  // existing rows get `false`, because chartctl did not calculate their indicators; the default is set to true afterwards
  { name: 'iscomplete', family: 'boolean', definition: 'boolean DEFAULT false' },
  { name: 'written_at', family: 'time', definition: 'timestamp with time zone' },
];

/** What the migration does with a column's type. */
export type TypeConversion =
  | { kind: 'keep' }
  /** `using` returns the SQL expression that converts the column `old`. */
  | { kind: 'convert'; to: string; using: (old: string) => string }
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
    ? { kind: 'convert', to, using: (old) => `${old} AT TIME ZONE 'UTC'` }
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
