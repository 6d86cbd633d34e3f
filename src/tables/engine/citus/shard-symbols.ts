import { groupBy } from '../../../core/group-by.js';
import { quoteIdentifier, toArrayLiteral } from '../../../database/format/text-format.js';
import type { Db } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { isCitusInstalled } from './node-health.js';

/** A shard of the chart table, by its name on the node that holds it. */
export interface Shard {
  host: string;
  port: number;
  schema: string;
  table: string;
}

/** One symbol of a node, or a node without one. */
interface NodeSymbol {
  /** False: the node did not answer, or with an error. */
  success: boolean;
  /** Null: the node has none, or failed. */
  symbol: string | null;
}

/**
 * The symbols of a chart table that Citus distributes, from `from` on, in order, by one statement for each node.
 *
 * A look-up through Citus asks every shard, so one for each symbol takes minutes for thousands of symbols. Citus has no
 * recursive query over several shards, so each node gets a query over its own shards, on a new connection: it sees what
 * was committed, not the snapshot of an open transaction.
 *
 * @returns undefined when the table is not distributed, or when a node failed: a look-up through Citus then says why, with
 *   its SQLSTATE, which the result of a node lacks
 */
export async function findShardSymbols(db: Db, from: string): Promise<string[] | undefined> {
  const shards = await findShards(db);
  if (shards.length === 0) return undefined;
  const commands = toNodeCommands(shards, from);
  const { rows } = await db.raw<{ rows: NodeSymbol[] }>(
    `SELECT success, symbol FROM master_run_on_worker(?::text[], ?::int[], ?::text[], true)
     LEFT JOIN LATERAL json_array_elements_text(CASE WHEN success THEN result::json END) AS symbol ON true
     ORDER BY symbol`,
    [
      toArrayLiteral(commands.map(({ host }) => host)),
      toArrayLiteral(commands.map(({ port }) => port)),
      toArrayLiteral(commands.map(({ command }) => command)),
    ],
  );
  return rows.every(({ success }) => success) ? rows.flatMap(({ symbol }) => symbol ?? []) : undefined;
}

/** One placement of each shard; none where Citus is not installed or does not distribute the table. */
async function findShards(db: Db): Promise<Shard[]> {
  if (!(await isCitusInstalled(db))) return [];
  const { rows } = await db.raw<{ rows: Shard[] }>(
    `SELECT DISTINCT ON (shardid) nodename AS host, nodeport AS port, nspname AS schema,
       concat(relname, '_', shardid) AS table
     FROM pg_dist_shard JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid)
     JOIN pg_class c ON c.oid = logicalrelid JOIN pg_namespace n ON n.oid = relnamespace
     WHERE logicalrelid = to_regclass('${CHART_TABLE}') AND shardstate = 1 AND noderole = 'primary'
     ORDER BY shardid, nodename, nodeport`,
  );
  return rows;
}

/** For each node the query that returns the symbols of its shards as one JSON array: a node returns a single value. */
export function toNodeCommands(
  shards: readonly Shard[],
  from: string,
): { host: string; port: number; command: string }[] {
  const nodes = groupBy(shards, ({ host, port }) => `${host}:${port}`);
  return [...nodes.values()].map((held) => ({
    host: held[0]!.host,
    port: held[0]!.port,
    command: `SELECT coalesce(json_agg(symbol), '[]') FROM (${held.map((shard) => toQuery(shard, from)).join(' UNION ALL ')}) AS found`,
  }));
}

/** One index look-up for each symbol, whatever the number of rows. */
function toQuery({ schema, table }: Shard, from: string): string {
  const shard = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  return `(WITH RECURSIVE next(symbol) AS (
      (SELECT symbol FROM ${shard} WHERE symbol >= ${quoteLiteral(from)} ORDER BY symbol LIMIT 1)
      UNION ALL
      SELECT (SELECT s.symbol FROM ${shard} s WHERE s.symbol > next.symbol ORDER BY s.symbol LIMIT 1)
      FROM next WHERE next.symbol IS NOT NULL
    ) SELECT symbol FROM next WHERE symbol IS NOT NULL)`;
}

/** A literal that is read alike with every `standard_conforming_strings`. */
function quoteLiteral(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
