import type { Db } from '../../../database/store.js';
import { DISTRIBUTED_TABLES, LOCAL_TABLES } from '../placement.js';

/** How Citus stores a table. */
export interface CitusTable {
  name: string;
  /** `local`: a plain table of this node. `schema`: whole on one node, as a table of a distributed schema. */
  placement: 'local' | 'distributed' | 'reference' | 'schema';
  /** The type of its column `symbol`, without a length; null if it has none. Co-located tables have the same. */
  symbolType: string | null;
  /** The column by which it is distributed. */
  column: string | null;
  /** Tables with the same number are distributed in the same way. */
  colocation: number;
  shards: number;
}

/** What a database with Citus holds of our tables, as the catalog of this node says. */
export interface CitusState {
  version: string;
  /** This node is the coordinator, or the only node. */
  isCoordinator: boolean;
  /** The nodes that take shards. */
  workers: number;
  /** Nodes that are disabled, as `host:port`. */
  inactive: string[];
  /** `citus.shard_count` of the server. */
  shardCount: number;
  /** Those of our tables that exist. */
  tables: CitusTable[];
}

/** Reads the catalog of Citus; changes nothing. */
export async function readCitus(db: Db, version: string): Promise<CitusState> {
  const { rows: tables } = await db.raw<{ rows: (Omit<CitusTable, 'shards'> & { shards: string })[] }>(
    `SELECT known.name,
       CASE WHEN p.partmethod IS NULL OR (p.partmethod = 'n' AND p.repmodel = 's' AND p.colocationid = 0) THEN 'local'
         WHEN p.partmethod = 'n' AND p.repmodel = 't' THEN 'reference'
         WHEN p.partmethod = 'n' THEN 'schema' ELSE 'distributed' END AS placement,
       CASE WHEN p.partkey IS NOT NULL THEN column_to_column_name(p.logicalrelid, p.partkey) END AS column,
       (SELECT format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = to_regclass(known.name) AND attname = 'symbol' AND NOT attisdropped) AS "symbolType",
       coalesce(p.colocationid, 0) AS colocation,
       (SELECT count(*) FROM pg_dist_shard s WHERE s.logicalrelid = p.logicalrelid) AS shards
     FROM unnest(?::text[]) WITH ORDINALITY AS known(name, place)
     LEFT JOIN pg_dist_partition p ON p.logicalrelid = to_regclass(known.name)
     WHERE to_regclass(known.name) IS NOT NULL ORDER BY known.place`,
    [[...DISTRIBUTED_TABLES, ...LOCAL_TABLES]],
  );
  return {
    version,
    ...(await readNodes(db)),
    tables: tables.map((table) => ({ ...table, shards: Number(table.shards) })),
  };
}

async function readNodes(db: Db): Promise<Omit<CitusState, 'version' | 'tables'>> {
  const { rows } = await db.raw<{
    rows: { coordinator: boolean; workers: string; inactive: string[] | null; shard_count: string }[];
  }>(
    `SELECT coalesce((SELECT groupid FROM pg_dist_local_group) = 0, true) AS coordinator,
       count(*) FILTER (WHERE isactive AND shouldhaveshards AND noderole = 'primary') AS workers,
       array_agg(nodename || ':' || nodeport) FILTER (WHERE NOT isactive) AS inactive,
       current_setting('citus.shard_count') AS shard_count
     FROM pg_dist_node`,
  );
  const { coordinator, workers, inactive, shard_count: shardCount } = rows[0]!;
  return {
    isCoordinator: coordinator,
    workers: Number(workers),
    inactive: inactive ?? [],
    shardCount: Number(shardCount),
  };
}
