/**
 * The syntax tree of PostgreSQL's own parser as libpg-query gives it: a node is an object with one property, the name of
 * its type in capitals, or, where only one type can stand, the content of that type alone.
 */
export type Tree = Readonly<Record<string, unknown>>;

/** A node by its type, and its content. */
export interface TypedNode {
  type: string;
  node: Tree;
}

/** Fields that hold a content without its type. */
const BARE_FIELDS: Readonly<Record<string, string>> = {
  relation: 'RangeVar',
  larg: 'SelectStmt',
  rarg: 'SelectStmt',
  onConflictClause: 'OnConflictClause',
  withClause: 'WithClause',
  infer: 'InferClause',
  over: 'WindowDef',
  partspec: 'PartitionSpec',
};

/** Whether a value is an object of the tree. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The content of a node of a type; undefined for another type. */
export function as(type: string, value: unknown): Tree | undefined {
  const node = isTree(value) ? value[type] : undefined;
  return isTree(node) ? node : undefined;
}

/** The type and the content of a node; undefined for what is no node. */
export function typed(value: unknown): TypedNode | undefined {
  if (!isTree(value)) return undefined;
  const [entry, ...more] = Object.entries(value);
  if (!entry || more.length > 0 || !/^[A-Z]/.test(entry[0]) || !isTree(entry[1])) return undefined;
  return { type: entry[0], node: entry[1] };
}

/** The items of a field that is a list. */
export function listOf(node: Tree | undefined, field: string): readonly unknown[] {
  const value = node?.[field];
  return Array.isArray(value) ? value : [];
}

/** Every node below `value`, itself included, from the outside in. `enter` returns false for nodes to leave out. */
export function* nodesOf(value: unknown, enter: (found: TypedNode) => boolean = () => true): Generator<TypedNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesOf(item, enter);
    return;
  }
  if (!isTree(value)) return;
  const found = typed(value);
  if (found) {
    if (!enter(found)) return;
    yield found;
    yield* nodesIn(found.node, enter);
  } else yield* nodesIn(value, enter);
}

function* nodesIn(node: Tree, enter: (found: TypedNode) => boolean): Generator<TypedNode> {
  for (const [field, value] of Object.entries(node)) {
    const bare = BARE_FIELDS[field];
    if (bare !== undefined && isTree(value) && !typed(value)) yield* nodesOf({ [bare]: value }, enter);
    else yield* nodesOf(value, enter);
  }
}

/** The contents of all nodes of a type below `value`. */
export function all(type: string, value: unknown): Tree[] {
  return [...nodesOf(value)].filter((found) => found.type === type).map(({ node }) => node);
}

/** The conditions that are joined by AND. */
export function conjunctsOf(condition: unknown): readonly unknown[] {
  const expression = as('BoolExpr', condition);
  if (expression?.boolop === 'AND_EXPR') return listOf(expression, 'args').flatMap(conjunctsOf);
  return condition === undefined ? [] : [condition];
}

/** The names of a column reference, such as `['r', 'symbol']`; undefined for another node, and for `*`. */
export function columnOf(value: unknown): string[] | undefined {
  const reference = as('ColumnRef', value);
  if (!reference) return undefined;
  const names = listOf(reference, 'fields').map((field) => as('String', field)?.sval);
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

/** Whether a column is referred to below `value`. */
export function refersToColumn(value: unknown): boolean {
  return all('ColumnRef', value).length > 0;
}

/** Whether a value is computed by the client: parameters, literals, and casts and arrays of them. */
export function isConstant(value: unknown): boolean {
  const found = typed(value);
  if (!found) return false;
  if (found.type === 'ParamRef' || found.type === 'A_Const') return true;
  if (found.type === 'TypeCast') return isConstant(found.node.arg);
  return found.type === 'A_ArrayExpr' && listOf(found.node, 'elements').every(isConstant);
}

/** The last name of a function, an operator or a type. */
export function lastName(names: readonly unknown[]): string {
  const name = as('String', names.at(-1))?.sval;
  return typeof name === 'string' ? name : '';
}
