import { loadModule, parseSync } from 'libpg-query';
import { listOf, isTree, typed, type Tree } from './tree.js';

/** One parsed statement. */
export interface Statement {
  /** The type of its node: `SelectStmt`, `UpdateStmt` ... */
  type: string;
  node: Tree;
  /** The values of `$1` ...; empty for a statement of several in one message. */
  parameters: readonly (string | null)[];
}

await loadModule();

/**
 * Parses a message of one or several statements.
 *
 * @throws Error when PostgreSQL's parser refuses it
 */
export function parseStatements(text: string, parameters: readonly (string | null)[] = []): Statement[] {
  const { stmts = [] } = parseSync(text) as { stmts?: unknown[] };
  return stmts.map((stmt) => {
    const found = typed(isTree(stmt) ? stmt.stmt : undefined);
    if (!found) throw new Error(`not understood: ${text}`);
    return { ...found, parameters };
  });
}

/** The statement that does the work: that below `COPY (...) TO`, `EXPLAIN`, `CREATE TABLE ... AS`. */
export function innerOf({ type, node, parameters }: Statement): Statement {
  if (!['CopyStmt', 'ExplainStmt', 'CreateTableAsStmt'].includes(type)) return { type, node, parameters };
  const query = typed(node.query);
  return query ? innerOf({ ...query, parameters }) : { type, node, parameters };
}

/** The statement and those in its WITH clause. */
export function withParts(statement: Statement): Statement[] {
  const { parameters } = statement;
  const clause = isTree(statement.node.withClause) ? statement.node.withClause : undefined;
  const parts = listOf(clause, 'ctes').flatMap((cte) => {
    const query = typed(typed(cte)?.node.ctequery);
    return query ? withParts({ ...query, parameters }) : [];
  });
  return [statement, ...parts];
}
