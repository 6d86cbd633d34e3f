import type { Db } from '../../../database/store.js';
import type { EngineProblem } from '../engine.js';

/** A transaction of Citus is committed on all nodes, or resolved by its maintenance daemon, within this time. */
const PREPARED_LIMIT = `interval '5 minutes'`;

/** The transactions that Citus has prepared on a node and that are older than the limit. */
const COUNT_PREPARED = `SELECT count(*) FROM pg_prepared_xacts WHERE gid LIKE 'citus\\_%' AND database = current_database() AND prepared < now() - ${PREPARED_LIMIT}`;

/** Whether the database has the extension, also if nothing is distributed. */
export async function isCitusInstalled(db: Db): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(`SELECT 1 FROM pg_extension WHERE extname = 'citus'`);
  return rows.length > 0;
}

/** What is wrong with the nodes, and how many there are; null where Citus divides nothing. */
export async function findNodeProblems(db: Db): Promise<{ nodes: number; problems: EngineProblem[] } | null> {
  if (!(await isCitusInstalled(db))) return null;
  const { rows } = await db.raw<{ rows: { node: string; success: boolean; result: string }[] }>(
    `SELECT concat(nodename, ':', nodeport) AS node, success, result FROM run_command_on_all_nodes(?)
     JOIN pg_dist_node USING (nodeid) ORDER BY 1`,
    [COUNT_PREPARED],
  );
  const problems = rows.flatMap(({ node, success, result }): EngineProblem[] => {
    if (!success) {
      const problem = `the node ${node} of Citus does not answer: ${result.trim()}`;
      return [
        { problem, remedy: 'start PostgreSQL on the node; statements for its symbols fail meanwhile', isSerious: true },
      ];
    }
    if (Number(result) === 0) return [];
    const problem = `the node ${node} holds ${result} transactions of Citus that were prepared and neither committed nor rolled back`;
    return [{ problem, remedy: 'SELECT recover_prepared_transactions();    -- on the coordinator', isSerious: false }];
  });
  return { nodes: rows.length, problems };
}
