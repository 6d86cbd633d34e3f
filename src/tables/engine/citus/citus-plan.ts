import type { Refusal } from '../../adoption/refusal.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import type { CitusState, CitusTable } from './citus-state.js';
import { DISTRIBUTED_TABLES, DISTRIBUTION_COLUMN, LOCAL_TABLES } from '../placement.js';

/** A table that is not placed as the statements need it, and the SQL that places it. */
export interface Misplaced {
  table: string;
  /** What was found and what was expected. */
  problem: string;
  /** SQL in order; it keeps the rows. */
  statements: string[];
  /** The SQL copies so much, or may fail in so many ways, that the user has to run it: `migrate` refuses. */
  isManual: boolean;
}

/** The tables of which some lie elsewhere than the statements need them. */
export function findMisplaced({ tables }: CitusState, shards?: number): Misplaced[] {
  const chart = tables.find(({ name }) => name === CHART_TABLE);
  return tables.flatMap((table) => {
    if (isIn(LOCAL_TABLES, table.name)) return table.placement === 'local' ? [] : [toLocal(table)];
    return checkDistributed(table, chart, shards);
  });
}

function checkDistributed(table: CitusTable, chart: CitusTable | undefined, shards: number | undefined): Misplaced[] {
  const { name, placement, column } = table;
  const isChart = name === CHART_TABLE;
  const expected = `expected distributed by ${DISTRIBUTION_COLUMN}${isChart ? '' : `, co-located with ${CHART_TABLE}`}`;
  const distribute = [...toSameType(table, chart), ...toDistribute(name, shards)];
  if (placement === 'local') {
    return [{ table: name, problem: `${name} is a plain table; ${expected}`, statements: distribute, isManual: false }];
  }
  if (placement === 'schema') {
    const problem = `${name} belongs to a distributed schema, which lies whole on one node; ${expected}`;
    return [{ table: name, problem, statements: [UNDISTRIBUTE_SCHEMA], isManual: true }];
  }
  if (placement === 'reference' || column !== DISTRIBUTION_COLUMN) {
    const found = placement === 'reference' ? 'is a reference table' : `is distributed by ${column}`;
    const statements = [`SELECT undistribute_table('${name}');`, ...(isChart ? [] : distribute)];
    return [{ table: name, problem: `${name} ${found}; ${expected}`, statements, isManual: isChart }];
  }
  if (isChart || !chart || chart.placement !== 'distributed' || chart.colocation === table.colocation) return [];
  const problem = `${name} is distributed by ${column}, but not co-located with ${CHART_TABLE}; ${expected}`;
  const statements =
    chart.symbolType === table.symbolType
      ? [`SELECT alter_distributed_table('${name}', colocate_with := '${CHART_TABLE}');`]
      : [`SELECT undistribute_table('${name}');`, ...distribute];
  return [{ table: name, problem, statements, isManual: false }];
}

const UNDISTRIBUTE_SCHEMA = 'SELECT citus_schema_undistribute(current_schema());';

function toLocal({ name, placement }: CitusTable): Misplaced {
  const problem = `${name} is ${placement === 'reference' ? 'a reference table' : 'distributed'}; expected a plain table of the coordinator`;
  return { table: name, problem, statements: [`SELECT undistribute_table('${name}');`], isManual: false };
}

/** SQL that gives a table beside the candles the type of their symbol: an adopted table may have varchar. */
function toSameType({ name, symbolType }: CitusTable, chart: CitusTable | undefined): string[] {
  if (!chart?.symbolType || chart.symbolType === symbolType) return [];
  return [`ALTER TABLE ${name} ALTER COLUMN ${DISTRIBUTION_COLUMN} TYPE ${chart.symbolType};`];
}

/** SQL that distributes a table; the chart table first, since the others are placed beside it. */
function toDistribute(table: string, shards: number | undefined): string[] {
  const beside = table === CHART_TABLE ? 'none' : CHART_TABLE;
  const count = table === CHART_TABLE && shards !== undefined ? `, shard_count := ${shards}` : '';
  return [
    `SELECT create_distributed_table('${table}', '${DISTRIBUTION_COLUMN}', colocate_with := '${beside}'${count});`,
    `SELECT truncate_local_data_after_distributing_table('${table}');`, // the rows were copied
  ];
}

/** Why Citus cannot be used from this connection. */
export function refuseNodes({ isCoordinator, workers, inactive }: CitusState): Refusal[] {
  if (!isCoordinator) {
    const problem = 'this database is a worker node of Citus; expected the coordinator';
    return [{ problem, remedy: '-- set DATABASE_URL to the coordinator' }];
  }
  const disabled = inactive.map((node) => {
    const [host, port] = splitAddress(node);
    const remedy = `SELECT citus_activate_node('${host}', ${port});`;
    return { problem: `the node ${node} of Citus is disabled`, remedy };
  });
  if (workers > 0) return disabled;
  const remedy = `SELECT citus_add_node('HOST', 5432);    -- for each worker; or, to keep all shards here: SELECT citus_set_node_property(nodename, nodeport, 'shouldhaveshards', true) FROM pg_dist_node;`;
  return [...disabled, { problem: 'no node of Citus takes shards; expected at least one', remedy }];
}

function splitAddress(node: string): [host: string, port: string] {
  const at = node.lastIndexOf(':');
  return [node.slice(0, at), node.slice(at + 1)];
}

/** What the migration does, one sentence for each step. */
export function describeCitusSteps(state: CitusState, misplaced: readonly Misplaced[], shards?: number): string[] {
  const existing = state.tables.map(({ name }) => name);
  const pending = DISTRIBUTED_TABLES.filter((name) => !existing.includes(name));
  const distributed = [
    ...pending,
    ...misplaced.filter(({ table }) => isIn(DISTRIBUTED_TABLES, table)).map(({ table }) => table),
  ].sort(
    (a, b) => DISTRIBUTED_TABLES.findIndex((name) => name === a) - DISTRIBUTED_TABLES.findIndex((name) => name === b),
  );
  const local = misplaced.filter(({ table }) => isIn(LOCAL_TABLES, table)).map(({ table }) => table);
  const chart = state.tables.find(({ name }) => name === CHART_TABLE);
  const count = chart?.placement === 'distributed' ? chart.shards : (shards ?? state.shardCount);
  return [
    ...(distributed.length > 0
      ? [
          `distribute ${distributed.join(', ')} by symbol over ${count} shards on ${state.workers} nodes; the other tables stay on the coordinator`,
        ]
      : []),
    ...(local.length > 0 ? [`make ${local.join(', ')} plain again, on the coordinator`] : []),
  ];
}

function isIn(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
