import type { Db } from '../../database/store.js';
import { withStatementTimeout } from '../../database/transaction.js';
import { describeEngine } from '../../tables/engine/describe-engine.js';
import { findNodeProblems } from '../../tables/engine/citus/node-health.js';
import { type CheckResult, fail, ok, warn } from './check-result.js';

const CHECK = 'engine';
const NODES_CHECK = 'nodes';

/** Checks how an engine stores the tables; no result where no engine is installed. */
export async function checkEngine(db: Db): Promise<CheckResult[]> {
  const { summary, problems } = await describeEngine(db);
  if (summary === null) return [];
  const results = problems.map(({ problem, remedy, isSerious }) =>
    isSerious ? fail(CHECK, problem, remedy) : warn(CHECK, problem, remedy),
  );
  return results.length > 0 ? results : [ok(CHECK, summary)];
}

/**
 * Checks whether the worker nodes of Citus answer, and whether they hold transactions that were prepared and neither
 * committed nor rolled back. In a transaction of its own, since a node that does not answer ends it.
 */
export async function checkNodes(db: Db, limitMs: number): Promise<CheckResult[]> {
  try {
    const found = await withStatementTimeout(db, limitMs, findNodeProblems);
    if (found === null) return [];
    if (found.problems.length === 0) return [ok(NODES_CHECK, `${found.nodes} nodes of Citus answer`)];
    return found.problems.map(({ problem, remedy, isSerious }) =>
      isSerious ? fail(NODES_CHECK, problem, remedy) : warn(NODES_CHECK, problem, remedy),
    );
  } catch (error) {
    const found = `the nodes of Citus were not asked: ${error instanceof Error ? error.message : String(error)}`;
    return [fail(NODES_CHECK, found, 'SELECT * FROM citus_check_cluster_node_health();')];
  }
}
