import { CANDLE_FIELDS } from '../../core/candle.js';
import { INDICATOR_COLUMNS } from '../../indicators/indicators.js';

type ColumnFamily = 'text' | 'time' | 'number' | 'boolean';

/** A column that `rolling_chart_data` has after migration, under the name that PostgreSQL folds it to. */
export interface ExpectedColumn {
  name: string;
  family: ColumnFamily;
  /** What follows the name in ADD COLUMN; without it the column cannot be invented. */
  definition?: string;
  /** The longest text it must hold. */
  length?: number;
}

export const EXPECTED_COLUMNS: readonly ExpectedColumn[] = [
  { name: 'symbol', family: 'text', length: 20 },
  { name: 'timestamp', family: 'time' },
  ...CANDLE_FIELDS.map((name): ExpectedColumn => ({ name, family: 'number' })),
  ...INDICATOR_COLUMNS.map((name): ExpectedColumn => ({ name, family: 'number', definition: 'double precision' })),
  { name: 'source', family: 'text', length: 'BINANCE_BACKFILL'.length, definition: `text DEFAULT 'BINANCE'` },
  { name: 'hasmissingdata', family: 'boolean', definition: 'boolean DEFAULT false' },
  // added to a table with rows: nobody knows how their indicators were made (the default becomes true afterwards)
  { name: 'iscomplete', family: 'boolean', definition: 'boolean DEFAULT false' },
  { name: 'written_at', family: 'time', definition: 'timestamp with time zone' },
];

/** What a column's type means for the migration. */
export type TypeVerdict =
  | { verdict: 'keep' }
  /** `using` is SQL over the column, which it calls `old`. */
  | { verdict: 'convert'; to: string; using: (old: string) => string }
  | { verdict: 'refuse'; expected: string };

const KEEP: TypeVerdict = { verdict: 'keep' };

/**
 * Whether a column of this type can stay, can be converted without loss, or is for a person to decide.
 *
 * @param type as PostgreSQL's `format_type` prints it
 */
export function classifyType(column: ExpectedColumn, type: string, isEnum: boolean): TypeVerdict {
  switch (column.family) {
    case 'text':
      return classifyText(type, isEnum, column.length ?? 0);
    case 'time':
      return classifyTime(type);
    case 'number':
      return classifyNumber(type);
    case 'boolean':
      return type === 'boolean' ? KEEP : { verdict: 'refuse', expected: 'boolean' };
  }
}

function classifyText(type: string, isEnum: boolean, length: number): TypeVerdict {
  const limit = /^character varying(?:\((\d+)\))?$/.exec(type);
  if (type === 'text' || (limit && Number(limit[1] ?? Infinity) >= length)) return KEEP;
  const isText = limit !== null || isEnum || /^character\(\d+\)$/.test(type) || type === 'citext' || type === 'name';
  return isText
    ? { verdict: 'convert', to: 'text', using: (old) => `${old}::text` }
    : { verdict: 'refuse', expected: 'text' };
}

function classifyTime(type: string): TypeVerdict {
  const to = 'timestamp with time zone';
  if (/^timestamp(\(\d\))? with time zone$/.test(type)) return KEEP;
  const isNaive = /^timestamp(\(\d\))? without time zone$/.test(type);
  return isNaive
    ? { verdict: 'convert', to, using: (old) => `${old} AT TIME ZONE 'UTC'` }
    : { verdict: 'refuse', expected: to };
}

function classifyNumber(type: string): TypeVerdict {
  const to = 'double precision';
  if (type === to) return KEEP;
  // by way of text: the shortest decimal that a real prints is the one the exchange sent
  if (type === 'real') return { verdict: 'convert', to, using: (old) => `${old}::text::${to}` };
  const isExact = /^(smallint|integer|bigint|numeric(\(.*\))?)$/.test(type);
  return isExact ? { verdict: 'convert', to, using: (old) => `${old}::${to}` } : { verdict: 'refuse', expected: to };
}
