import { placementOf } from './tables.js';
import { as, columnOf, conjunctsOf, isTree, listOf, nodesOf, type Tree, typed } from './tree.js';

/** One use of a distributed table in a statement. */
export interface DistributedUse {
  table: string;
  alias: string;
  /** The uses in whose symbols its symbol is equal, and constants, have the same class. */
  classOf: () => string;
}

/** Which tables a statement uses, and which of their symbols are equal. */
export interface TableUses {
  distributed: readonly DistributedUse[];
  /** Whether tables are joined whose symbols are not known to be equal. */
  hasForeignJoin: boolean;
  /** Names of tables on the coordinator only. */
  local: readonly string[];
  unknown: readonly string[];
  /** The value to which the symbols of all distributed uses are pinned; undefined where they are not, or to several. */
  pinnedTo: string | undefined;
}

/** A name in FROM and the key of its symbol in the classes. */
type Scope = readonly { alias: string; key: string | undefined }[];

const VALUE = 'value ';
const FUNCTION = 'function ';

/**
 * Finds the tables of a statement and, from the conditions that are joined by AND, whose symbols are equal to each other
 * or to a constant. A statement whose tables all have one constant symbol runs on one shard group.
 *
 * @param parameters values of the parameters: two that are equal pin to the same symbol
 */
export function findTableUses(type: string, node: Tree, parameters: readonly (string | null)[]): TableUses {
  const finder = new UseFinder(parameters);
  finder.visitStatement(type, node, []);
  return finder.result();
}

class UseFinder {
  readonly #parameters: readonly (string | null)[];
  readonly #parents = new Map<string, string>();
  readonly #uses: { table: string; alias: string; key: string }[] = [];
  readonly #local = new Set<string>();
  readonly #unknown = new Set<string>();
  readonly #parts = new Map<string, string | undefined>();
  /** The keys of the tables that a query joins. */
  readonly #joined = new Map<Tree, string[]>();

  constructor(parameters: readonly (string | null)[]) {
    this.#parameters = parameters;
  }

  result(): TableUses {
    const distributed = this.#uses.map(({ table, alias, key }) => ({ table, alias, classOf: () => this.#find(key) }));
    const values = new Set(this.#uses.map(({ key }) => this.#valueOf(key)));
    const [value] = values;
    const pinnedTo = values.size === 1 ? value : undefined;
    const joins = [...this.#joined.values()].map((keys) => new Set(keys.map((key) => this.#find(key))));
    return {
      distributed,
      hasForeignJoin: pinnedTo === undefined && joins.some((classes) => classes.size > 1),
      local: [...this.#local],
      unknown: [...this.#unknown],
      pinnedTo,
    };
  }

  /** Returns the key of the symbol that the statement returns, if it returns one. */
  visitStatement(type: string, node: Tree, outer: Scope): string | undefined {
    for (const item of listOf(isTree(node.withClause) ? node.withClause : undefined, 'ctes')) {
      const part = as('CommonTableExpr', item);
      const query = typed(part?.ctequery);
      if (!part || !query) continue;
      this.#parts.set(String(part.ctename), undefined);
      this.#parts.set(String(part.ctename), this.visitStatement(query.type, query.node, outer));
    }
    if (isTree(node.larg) && isTree(node.rarg)) {
      const keys = [node.larg, node.rarg].map((side) => this.visitStatement(type, side, outer));
      return keys[0];
    }
    const scope: { alias: string; key: string | undefined }[] = [];
    const conditions: unknown[] = [];
    if (isTree(node.relation)) this.#addTable(node.relation, scope, type !== 'InsertStmt');
    const query = typed(node.selectStmt);
    if (query) this.visitStatement(query.type, query.node, outer);
    for (const item of [...listOf(node, 'fromClause'), ...listOf(node, 'usingClause')])
      this.#addItem(item, scope, conditions, outer);
    conditions.push(...conjunctsOf(node.whereClause));
    const within = [...scope, ...outer];
    for (const condition of conditions) this.#addEquality(condition, within);
    const joined = scope.flatMap(({ key }) => (key !== undefined && !key.startsWith(FUNCTION) ? [key] : []));
    joined.push(...this.#visitSublinks(node, within));
    this.#joined.set(node, joined);
    const returned = listOf(node, 'targetList').map((target) => as('ResTarget', target));
    for (const target of returned) {
      const names = columnOf(target?.val);
      if (names?.at(-1) === 'symbol' && (target?.name === undefined || target.name === 'symbol'))
        return this.#keyOf(names, scope);
      if (isStar(target?.val)) return scope.find(({ key }) => key !== undefined)?.key;
    }
    return undefined;
  }

  /** Adds a table to the scope, and to the uses unless it is only written to. */
  #addTable(relation: Tree, scope: { alias: string; key: string | undefined }[], isRead = true): void {
    const name = String(relation.relname);
    const alias = String(isTree(relation.alias) ? relation.alias.aliasname : name);
    if (this.#parts.has(name)) {
      scope.push({ alias, key: this.#parts.get(name) });
      return;
    }
    const placement = placementOf(name, relation.schemaname);
    if (placement === 'local') this.#local.add(name);
    if (placement === 'unknown') this.#unknown.add(name);
    if (placement !== 'distributed' || !isRead) {
      scope.push({ alias, key: undefined });
      return;
    }
    const key = `${this.#uses.length} ${alias}`;
    this.#uses.push({ table: name, alias, key });
    scope.push({ alias, key });
  }

  #addItem(
    item: unknown,
    scope: { alias: string; key: string | undefined }[],
    conditions: unknown[],
    outer: Scope,
  ): void {
    const found = typed(item);
    if (!found) return;
    const { type, node } = found;
    if (type === 'RangeVar') this.#addTable(node, scope);
    if (type === 'JoinExpr') {
      this.#addItem(node.larg, scope, conditions, outer);
      const middle = scope.length;
      this.#addItem(node.rarg, scope, conditions, outer);
      conditions.push(...conjunctsOf(node.quals));
      const isBySymbol = listOf(node, 'usingClause').some((name) => as('String', name)?.sval === 'symbol');
      const [left, right] = [scope.slice(0, middle), scope.slice(middle)].map(
        (side) => side.find(({ key }) => key)?.key,
      );
      if (isBySymbol && left && right) this.#join(left, right);
    }
    if (type === 'RangeSubselect') {
      const query = typed(node.subquery);
      if (!query) return;
      const visible = node.lateral ? [...scope, ...outer] : outer;
      const before = this.#uses.length;
      const inner = this.visitStatement(query.type, query.node, visible);
      // without its symbol it is joined like a table whose symbol is another one
      const key = inner ?? (this.#uses.length > before ? `derived ${before}` : undefined);
      scope.push({ alias: String(isTree(node.alias) ? node.alias.aliasname : ''), key });
    }
    if (type === 'RangeFunction') {
      const alias = String(isTree(node.alias) ? node.alias.aliasname : '');
      const hasSymbol = listOf(isTree(node.alias) ? node.alias : undefined, 'colnames').some(
        (name) => as('String', name)?.sval === 'symbol',
      );
      scope.push({ alias, key: hasSymbol ? FUNCTION + alias : undefined });
    }
  }

  #addEquality(condition: unknown, scope: Scope): void {
    const comparison = as('A_Expr', condition);
    if (comparison?.kind !== 'AEXPR_OP' || as('String', listOf(comparison, 'name')[0])?.sval !== '=') return;
    const sides = [comparison.lexpr, comparison.rexpr].map((side) => this.#symbolKey(side, scope));
    if (sides[0] && sides[1]) this.#join(sides[0], sides[1]);
  }

  #symbolKey(side: unknown, scope: Scope): string | undefined {
    const names = columnOf(side);
    if (names) return names.at(-1) === 'symbol' ? this.#keyOf(names, scope) : undefined;
    const value = this.#constantOf(side);
    return value === undefined ? undefined : VALUE + value;
  }

  #keyOf(names: readonly string[], scope: Scope): string | undefined {
    const qualifier = names.length > 1 ? names.at(-2) : undefined;
    return qualifier === undefined
      ? scope.find(({ key }) => key !== undefined)?.key
      : scope.find(({ alias }) => alias === qualifier)?.key;
  }

  #constantOf(value: unknown): string | undefined {
    const found = typed(value);
    if (found?.type === 'TypeCast') return this.#constantOf(found.node.arg);
    if (found?.type === 'ParamRef')
      return this.#parameters[Number(found.node.number) - 1] ?? `$${Number(found.node.number)}`;
    const text = found?.type === 'A_Const' && isTree(found.node.sval) ? found.node.sval.sval : undefined;
    return typeof text === 'string' ? text : undefined;
  }

  /** Visits the subqueries of conditions and results; returns the keys of those that are joined with this query. */
  #visitSublinks(node: Tree, scope: Scope): string[] {
    // subqueries in FROM, in WITH and of INSERT are visited on their own
    const separate = ['fromClause', 'withClause', 'selectStmt'];
    const rest = Object.entries(node).flatMap(([field, value]) => (separate.includes(field) ? [] : [value]));
    const links = [...nodesOf(rest)].filter(({ type }) => type === 'SubLink');
    const nested = new Set(
      links.flatMap(({ node: link }) => [...nodesOf(link.subselect)].map(({ node: inner }) => inner)),
    );
    const joined: string[] = [];
    for (const { node: link } of links) {
      const query = typed(link.subselect);
      if (!query || nested.has(link)) continue;
      const inner = this.visitStatement(query.type, query.node, scope);
      const tested = link.subLinkType === 'ANY_SUBLINK' ? this.#symbolKey(link.testexpr, scope) : undefined;
      if (inner && tested) this.#join(inner, tested);
      if (isCorrelated(link)) joined.push(...(this.#joined.get(query.node) ?? []));
    }
    return joined;
  }

  #join(one: string, other: string): void {
    const [a, b] = [this.#find(one), this.#find(other)];
    // the root of a class with a constant is the constant
    if (a === b) return;
    if (a.startsWith(VALUE)) this.#parents.set(b, a);
    else this.#parents.set(a, b);
  }

  #find(key: string): string {
    const parent = this.#parents.get(key);
    return parent === undefined ? key : this.#find(parent);
  }

  #valueOf(key: string): string | undefined {
    const root = this.#find(key);
    return root.startsWith(VALUE) ? root.slice(VALUE.length) : undefined;
  }
}

/** Whether a subquery refers to a table of the query around it, by the name of the table. */
export function isCorrelated(link: Tree): boolean {
  const names = [...nodesOf(link.subselect)].flatMap(({ type, node }) => {
    const alias = isTree(node.alias) ? node.alias.aliasname : undefined;
    return type.startsWith('Range') ? [alias ?? node.relname] : [];
  });
  const qualifiers = [...nodesOf(link.subselect)].flatMap(({ type, node }) => {
    const fields = type === 'ColumnRef' ? listOf(node, 'fields') : [];
    const qualifier = fields.length > 1 ? as('String', fields.at(-2))?.sval : undefined;
    return qualifier === undefined ? [] : [qualifier];
  });
  return qualifiers.some((qualifier) => !names.includes(qualifier));
}

function isStar(value: unknown): boolean {
  const fields = listOf(as('ColumnRef', value), 'fields');
  return fields.length > 0 && as('A_Star', fields.at(-1)) !== undefined;
}
