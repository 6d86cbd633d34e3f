import type { Rule, Subject } from '../rule.js';
import { CHART_TABLES, placementOf } from '../tables.js';
import {
  all,
  as,
  columnOf,
  conjunctsOf,
  isConstant,
  isTree,
  lastName,
  listOf,
  refersToColumn,
  type Tree,
} from '../tree.js';
import { findUnstable } from './functions.js';

/** A change of rows of a distributed table, with the names under which its columns are known. */
interface Change {
  table: string;
  names: readonly string[];
}

function toChange({ type, node }: Subject): Change | undefined {
  if (!['UpdateStmt', 'DeleteStmt'].includes(type) || !isTree(node.relation)) return undefined;
  const { relname, alias, schemaname } = node.relation;
  const table = String(relname);
  if (placementOf(table, schemaname) !== 'distributed') return undefined;
  return { table, names: [table, ...(isTree(alias) ? [String(alias.aliasname)] : [])] };
}

/** Whether a condition compares a column of the changed table with what the client computed, by one of the operators. */
function compares(condition: unknown, { names }: Change, column: string, operators: readonly string[]): boolean {
  const comparison = as('A_Expr', condition);
  if (!comparison) return false;
  const isColumn = (side: unknown) => {
    const found = columnOf(side);
    return found?.at(-1) === column && (found.length === 1 || names.includes(found.at(-2)!));
  };
  // = ANY ($1) is no bound: it does not leave out chunks before the rows are read
  if (comparison.kind !== 'AEXPR_OP' || !operators.includes(lastName(listOf(comparison, 'name')))) return false;
  return isColumn(comparison.lexpr) && isConstant(comparison.rexpr);
}

export const ONE_SYMBOL: Rule = {
  name: 'change-one-symbol',
  asks: 'every UPDATE and DELETE of a distributed table says symbol = $1',
  check: (subject) => {
    const change = toChange(subject);
    if (!change) return [];
    const conditions = conjunctsOf(subject.node.whereClause);
    const isPinned = conditions.some((condition) => compares(condition, change, 'symbol', ['=']));
    return isPinned ? [] : [`${change.table} is changed without symbol = $1`];
  },
};

export const TIME_BOUNDS: Rule = {
  name: 'change-between-times',
  asks: 'every UPDATE and DELETE of the candles has constant time bounds',
  check: (subject) => {
    const change = toChange(subject);
    if (!change || !CHART_TABLES.includes(change.table)) return [];
    const conditions = conjunctsOf(subject.node.whereClause);
    const hasBound = (operators: readonly string[]) =>
      conditions.some((condition) => compares(condition, change, 'timestamp', operators));
    const missing = [
      ...(hasBound(['>=', '>', '=']) ? [] : ['a lower']),
      ...(hasBound(['<=', '<', '=']) ? [] : ['an upper']),
    ];
    return missing.map((bound) => `${change.table} is changed without ${bound} bound of timestamp`);
  },
};

export const STEADY_CHANGE: Rule = {
  name: 'change-by-constants',
  asks: 'no volatile function in UPDATE and DELETE, no STABLE one in SET or on a column',
  check: (subject) => {
    if (!toChange(subject)) return [];
    const { node, functions } = subject;
    const set = listOf(node, 'targetList').flatMap((target) => findUnstable(target, functions, 'stable'));
    const condition = [
      ...findUnstable(node.whereClause, functions, 'volatile'),
      // a subquery is planned by itself
      ...findUnstable(node.whereClause, functions, 'stable', refersToColumn, ['SubLink']),
    ];
    return [
      ...set.map((name) => `SET calls ${name}`),
      ...[...new Set(condition)].map((name) => `the condition calls ${name}`),
    ];
  },
};

export const KEEP_KEYS: Rule = {
  name: 'keep-keys',
  asks: 'no UPDATE of the distribution column or the time column: a move is a DELETE and an INSERT',
  check: (subject) => {
    const change = toChange(subject);
    if (!change || subject.type !== 'UpdateStmt') return [];
    const keys = CHART_TABLES.includes(change.table) ? ['symbol', 'timestamp'] : ['symbol'];
    const targets = listOf(subject.node, 'targetList').map((target) => String(as('ResTarget', target)?.name));
    return targets.filter((name) => keys.includes(name)).map((name) => `${change.table}.${name} is updated`);
  },
};

export const PLAIN_CONFLICT: Rule = {
  name: 'plain-conflict',
  asks: 'ON CONFLICT (symbol, ...) DO UPDATE SET c = EXCLUDED.c WHERE a plain comparison: no subquery, no now()',
  check: ({ type, node, functions }) => {
    const clause = isTree(node.onConflictClause) ? node.onConflictClause : undefined;
    const relation = isTree(node.relation) ? node.relation : undefined;
    if (type !== 'InsertStmt' || !clause || placementOf(String(relation?.relname)) !== 'distributed') return [];
    return [...findConflictTarget(clause), ...findConflictChange(clause, functions, String(relation?.relname))];
  },
};

function findConflictTarget(clause: Tree): string[] {
  const infer = isTree(clause.infer) ? clause.infer : undefined;
  const columns = listOf(infer, 'indexElems').map((element) => as('IndexElem', element)?.name);
  if (infer?.conname !== undefined) return ['ON CONFLICT names a constraint'];
  return columns.includes('symbol') ? [] : ['ON CONFLICT without symbol in its key'];
}

function findConflictChange(clause: Tree, functions: Subject['functions'], table: string): string[] {
  const parts = [...listOf(clause, 'targetList'), clause.whereClause];
  const keys = listOf(clause, 'targetList')
    .map((target) => String(as('ResTarget', target)?.name))
    .filter((name) => name === 'symbol' || (name === 'timestamp' && CHART_TABLES.includes(table)));
  return [
    ...parts.flatMap((part) => findUnstable(part, functions, 'stable')).map((name) => `ON CONFLICT calls ${name}`),
    ...(parts.some((part) => all('SubLink', part).length > 0) ? ['ON CONFLICT has a subquery'] : []),
    ...keys.map((name) => `ON CONFLICT updates ${name}`),
  ];
}
