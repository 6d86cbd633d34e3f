import type { Rule } from '../rule.js';
import { placementOf } from '../tables.js';
import { all, columnOf, isTree, lastName, listOf, nodesOf } from '../tree.js';
import { nameOfCall } from './functions.js';

/** Columns that repeat across shards and chunks, or tell of one of them. */
const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

export const NO_CTID: Rule = {
  name: 'no-ctid',
  asks: 'no ctid or other system column: they repeat across shards and chunks',
  check: ({ node }) => {
    const names = [...nodesOf(node)].flatMap(({ type, node: reference }) =>
      type === 'ColumnRef' ? (columnOf({ ColumnRef: reference })?.slice(-1) ?? []) : [],
    );
    return [...new Set(names.filter((name) => SYSTEM_COLUMNS.has(name)))].map((name) => `${name} is used`);
  },
};

export const COPY_QUERY: Rule = {
  name: 'copy-a-query-out',
  asks: 'COPY (SELECT ...) TO, never COPY table TO',
  check: ({ type, node }) => {
    if (type !== 'CopyStmt' || node.is_from === true || !isTree(node.relation)) return [];
    return [`COPY ${String(node.relation.relname)} TO`];
  },
};

export const COPY_TO_STAGE: Rule = {
  name: 'copy-in-sorted-rows',
  asks: 'COPY FROM goes into a temporary table, or into an empty stretch of the candles',
  check: ({ type, node }) => {
    if (type !== 'CopyStmt' || node.is_from !== true || !isTree(node.relation)) return [];
    const table = String(node.relation.relname);
    return table === 'rolling_chart_data' || placementOf(table) === 'local' ? [] : [`COPY ${table} FROM`];
  },
};

export const OWN_FUNCTIONS: Rule = {
  name: 'no-function-of-an-extension',
  asks: "only PostgreSQL's own functions",
  check: ({ node, functions }) => {
    const names = new Set(all('FuncCall', node).map(nameOfCall));
    return [...names].filter((name) => !functions.has(name)).map((name) => `${name}() is not of PostgreSQL itself`);
  },
};

/** Kinds of constraints that a distributed table or a hypertable cannot have, or only with its keys. */
const UNIQUE = new Set(['CONSTR_PRIMARY', 'CONSTR_UNIQUE']);

export const KEYS_WITH_SYMBOL: Rule = {
  name: 'keys-with-symbol',
  asks: 'unique keys of distributed tables hold symbol, those of the candles timestamp too; no foreign key, trigger, identity or partition',
  check: ({ type, node }) => {
    const relation = isTree(node.relation) ? node.relation : undefined;
    const table = String(relation?.relname);
    if (placementOf(table) !== 'distributed') return [];
    const needed = table === 'rolling_chart_data' ? ['symbol', 'timestamp'] : ['symbol'];
    const lacks = (columns: readonly string[]) => needed.some((column) => !columns.includes(column));
    const found: string[] = [];
    if (type === 'CreateTrigStmt') found.push(`a trigger on ${table}`);
    if (type === 'CreateStmt' && node.partspec !== undefined) found.push(`${table} is partitioned`);
    if (type === 'IndexStmt' && node.unique === true) {
      const columns = listOf(node, 'indexParams').map((param) => String(all('IndexElem', param)[0]?.name));
      if (lacks(columns)) found.push(`a unique index on ${table} (${columns.join(', ')})`);
    }
    if (['CreateStmt', 'AlterTableStmt'].includes(type)) found.push(...findConstraints(node, table, lacks));
    return found;
  },
};

function findConstraints(node: unknown, table: string, lacks: (columns: readonly string[]) => boolean): string[] {
  const ofColumns = all('ColumnDef', node).flatMap((column) =>
    all('Constraint', column.constraints).map((constraint) => ({ constraint, column: String(column.colname) })),
  );
  const columnOfConstraint = new Map(ofColumns.map(({ constraint, column }) => [constraint, column]));
  return all('Constraint', node).flatMap((constraint) => {
    const kind = String(constraint.contype);
    if (kind === 'CONSTR_FOREIGN') return [`a foreign key of ${table}`];
    if (kind === 'CONSTR_IDENTITY') return [`an identity column of ${table}`];
    if (!UNIQUE.has(kind)) return [];
    const own = columnOfConstraint.get(constraint);
    const columns = own === undefined ? listOf(constraint, 'keys').map((key) => lastName([key])) : [own];
    return lacks(columns) ? [`a unique key of ${table} (${columns.join(', ')})`] : [];
  });
}
