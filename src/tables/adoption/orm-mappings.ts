import type { ColumnFamily } from './columns/expected-columns.js';
import { type LegacyTable, type MatchedColumn } from './legacy-table.js';

/** The words of each ORM for the types of chartctl's columns. */
const TYPES: Readonly<Record<ColumnFamily, { drizzle: string; prisma: string; typeorm: string; sequelize: string }>> = {
  boolean: { drizzle: 'boolean', prisma: 'Boolean', typeorm: 'boolean', sequelize: 'BOOLEAN' },
  number: { drizzle: 'doublePrecision', prisma: 'Float', typeorm: 'double precision', sequelize: 'DOUBLE' },
  text: { drizzle: 'text', prisma: 'String', typeorm: 'text', sequelize: 'TEXT' },
  time: { drizzle: 'timestamp', prisma: 'DateTime', typeorm: 'timestamptz', sequelize: 'DATE' },
};

/** The line that maps a renamed column, for each ORM. */
const LINES: readonly [orm: string, lineOf: (property: string, column: MatchedColumn) => string][] = [
  [
    'Drizzle',
    (property, { expected }) => {
      const zone = expected.family === 'time' ? ', { withTimezone: true }' : '';
      return `${property}: ${TYPES[expected.family].drizzle}('${expected.name}'${zone}),`;
    },
  ],
  [
    'Prisma',
    (property, { expected }) => {
      const optional = expected.name === 'symbol' || expected.name === 'timestamp' ? '' : '?';
      const native = expected.family === 'time' ? ' @db.Timestamptz(6)' : '';
      return `${property} ${TYPES[expected.family].prisma}${optional} @map("${expected.name}")${native}`;
    },
  ],
  [
    'TypeORM',
    (property, { expected: { name, family } }) =>
      `@Column({ name: '${name}', type: '${TYPES[family].typeorm}' }) ${property};`,
  ],
  [
    'Sequelize',
    (property, { expected: { name, family } }) =>
      `${property}: { type: DataTypes.${TYPES[family].sequelize}, field: '${name}' },`,
  ],
];

/** The columns that have to be renamed. */
export function findRenamed(table: LegacyTable): MatchedColumn[] {
  return table.matched.filter(({ name, expected }) => name !== expected.name);
}

/** For each ORM the lines that its model needs after the columns were renamed: the quoted old names no longer work. */
export function describeMappings(renamed: readonly MatchedColumn[]): string[] {
  if (renamed.length === 0) return [];
  return LINES.map(([orm, lineOf]) => {
    const lines = renamed.map((column) => lineOf(toProperty(column.name), column));
    return `in the platform's ${orm} model:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  });
}

/** The property that an ORM has for the column: `isComplete` for `is_complete`, `rsi` for `RSI`. */
function toProperty(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const [first = 'column', ...others] = words.map((word) => (word === word.toUpperCase() ? word.toLowerCase() : word));
  const capitalized = others.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  return [first.slice(0, 1).toLowerCase() + first.slice(1), ...capitalized].join('');
}
