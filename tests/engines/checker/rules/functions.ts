import { all, isTree, lastName, listOf, nodesOf, type Tree } from '../tree.js';
import type { Functions, Volatility } from '../volatility.js';

/** `CURRENT_TIMESTAMP` and the like: syntax, not functions. */
const TIME_KEYWORDS = 'SQLValueFunction';

const RANK: Readonly<Record<Volatility, number>> = { immutable: 0, stable: 1, volatile: 2 };

/**
 * The names of calls below `value` that are at least so unstable.
 *
 * An operator with an interval counts as STABLE: between a timestamptz and an interval it depends on the time zone.
 *
 * @param counts leaves out calls by their arguments; default: none
 * @param closed types of nodes whose inside is left out
 */
export function findUnstable(
  value: unknown,
  functions: Functions,
  least: 'stable' | 'volatile',
  counts: (args: unknown) => boolean = () => true,
  closed: readonly string[] = [],
): string[] {
  return [...nodesOf(value, ({ type }) => !closed.includes(type))].flatMap(({ type, node }) => {
    if (type === TIME_KEYWORDS) return least === 'stable' && counts(node) ? ['the current time or user'] : [];
    if (type === 'A_Expr')
      return least === 'stable' && isTimeArithmetic(node) && counts(node) ? ['an interval operator'] : [];
    if (type !== 'FuncCall') return [];
    const name = nameOfCall(node);
    return RANK[functions.get(name) ?? 'volatile'] >= RANK[least] && counts(listOf(node, 'args')) ? [name] : [];
  });
}

/** The name of the called function, without its schema. */
export function nameOfCall(call: Tree): string {
  return lastName(listOf(call, 'funcname'));
}

function isTimeArithmetic({ name, lexpr, rexpr }: Tree): boolean {
  if (!Array.isArray(name) || !['+', '-'].includes(lastName(name))) return false;
  return [lexpr, rexpr].some((side) =>
    all('TypeCast', side).some(
      ({ typeName }) => isTree(typeName) && lastName(listOf(typeName, 'names')) === 'interval',
    ),
  );
}
