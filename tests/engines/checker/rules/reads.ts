import type { Rule } from '../rule.js';
import { isCorrelated } from '../scopes.js';
import { all, listOf, nodesOf, refersToColumn, type Tree } from '../tree.js';

export const NO_LATERAL: Rule = {
  name: 'no-lateral-across-shards',
  asks: 'no LATERAL, also an implicit one of a function over columns, where the tables are not pinned to one symbol',
  check: ({ node, uses }) => {
    if (uses.distributed.length === 0 || uses.pinnedTo !== undefined) return [];
    const lateral = [...nodesOf(node)].filter(({ type, node: item }) =>
      type === 'RangeFunction'
        ? item.lateral === true || refersToColumn(item.functions)
        : type === 'RangeSubselect' && item.lateral === true,
    );
    return lateral.length > 0 ? [`LATERAL over ${namesOf(uses.distributed)}`] : [];
  },
};

export const NO_TARGET_SUBQUERY: Rule = {
  name: 'no-subquery-in-target-list',
  asks: 'no correlated subquery in a target list',
  check: ({ node, uses }) => {
    if (uses.distributed.length === 0) return [];
    const lists = [{ targetList: node.targetList }, ...all('SelectStmt', node)].map((query: Tree) =>
      listOf(query, 'targetList'),
    );
    const found = lists.flatMap((list) => all('SubLink', list)).filter(isCorrelated);
    return found.length > 0 ? ['a correlated subquery in a target list'] : [];
  },
};

export const NO_LOCAL_JOIN: Rule = {
  name: 'no-local-table-beside',
  asks: 'no statement reads a distributed table and one of the coordinator',
  check: ({ type, node, uses }) => {
    const isCopyOfTemporary = type === 'InsertStmt' && uses.distributed.length === 0;
    if (uses.distributed.length === 0 || uses.local.length === 0 || isCopyOfTemporary) return [];
    void node;
    return [`${namesOf(uses.distributed)} beside ${uses.local.join(', ')}`];
  },
};

export const JOIN_BY_SYMBOL: Rule = {
  name: 'join-by-symbol',
  asks: 'distributed tables are joined with equal symbols',
  check: ({ uses }) => (uses.hasForeignJoin ? [`${namesOf(uses.distributed)} are joined without equal symbols`] : []),
};

export const KNOWN_TABLE: Rule = {
  name: 'known-table',
  asks: 'every table is listed as distributed or local',
  check: ({ uses }) => uses.unknown.map((name) => `${name} is not listed`),
};

function namesOf(uses: readonly { table: string }[]): string {
  return [...new Set(uses.map(({ table }) => table))].join(', ');
}
