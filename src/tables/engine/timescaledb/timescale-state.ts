import type { Db, Store } from '../../../database/store.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import { findInstalledEngines } from '../engine.js';

/** A column by which a hypertable is divided. */
export interface Dimension {
  column: string;
  type: string;
  kind: 'Time' | 'Space';
  /** The time range of a new chunk; null for a column of numbers, and for a dimension of space. */
  intervalMs: number | null;
}

/** The chart table as a hypertable. */
export interface Hypertable {
  dimensions: Dimension[];
  chunks: number;
  compressedChunks: number;
  /** By which columns chunks are compressed; null: compression is not set up. */
  compression: { segmentBy: string[]; orderBy: string[] } | null;
  /** The age at which chunks are compressed automatically; null: they are not. */
  compressAfterMs: number | null;
}

/** What a database with TimescaleDB holds of the chart table. */
export interface TimescaleState {
  version: string;
  /** The licence allows compression: the Apache edition has none. */
  mayCompress: boolean;
  /** Null: it is a plain table, or there is none. */
  hypertable: Hypertable | null;
}

const installations = new WeakMap<Store, Promise<boolean>>();

/** Whether the database of a store has TimescaleDB; it is asked once. */
export async function hasTimescale(store: Store): Promise<boolean> {
  if (store.kind === 'embedded') return false;
  let found = installations.get(store);
  if (!found) {
    found = findInstalledEngines(store.knex).then((engines) => engines.some(({ name }) => name === 'timescaledb'));
    installations.set(store, found);
  }
  return found;
}

/** Reads the catalog of TimescaleDB; changes nothing. */
export async function readTimescale(db: Db, version: string): Promise<TimescaleState> {
  const { rows } = await db.raw<{
    rows: { may_compress: boolean; chunks: string | null; compressed: string; schema: string; compresses: boolean }[];
  }>(
    `SELECT current_setting('timescaledb.license', true) IS DISTINCT FROM 'apache' AS may_compress,
       h.num_chunks AS chunks, h.hypertable_schema AS schema, h.compression_enabled AS compresses,
       (SELECT count(*) FROM timescaledb_information.chunks c WHERE c.is_compressed
          AND c.hypertable_schema = h.hypertable_schema AND c.hypertable_name = h.hypertable_name) AS compressed
     FROM (SELECT 1) one LEFT JOIN timescaledb_information.hypertables h
       ON to_regclass(format('%I.%I', h.hypertable_schema, h.hypertable_name)) = to_regclass('${CHART_TABLE}')`,
  );
  const { may_compress: mayCompress, chunks, compressed, schema, compresses } = rows[0]!;
  if (chunks === null) return { version, mayCompress, hypertable: null };
  const hypertable = {
    dimensions: await readDimensions(db, schema),
    chunks: Number(chunks),
    compressedChunks: Number(compressed),
    compression: compresses ? await readCompression(db, schema) : null,
    compressAfterMs: await readPolicy(db, schema),
  };
  return { version, mayCompress, hypertable };
}

async function readDimensions(db: Db, schema: string): Promise<Dimension[]> {
  const { rows } = await db.raw<{ rows: (Omit<Dimension, 'intervalMs'> & { seconds: string | null })[] }>(
    `SELECT column_name AS column, column_type::text AS type, dimension_type AS kind,
       extract(epoch FROM time_interval) AS seconds
     FROM timescaledb_information.dimensions
     WHERE hypertable_schema = ? AND hypertable_name = '${CHART_TABLE}' ORDER BY dimension_number`,
    [schema],
  );
  return rows.map(({ seconds, ...rest }) => ({
    ...rest,
    intervalMs: seconds === null ? null : Number(seconds) * 1000,
  }));
}

async function readCompression(db: Db, schema: string): Promise<Hypertable['compression']> {
  const { rows } = await db.raw<{ rows: { segment_by: string[]; order_by: string[] }[] }>(
    `SELECT coalesce(json_agg(attname ORDER BY segmentby_column_index) FILTER (WHERE segmentby_column_index IS NOT NULL), '[]') AS segment_by,
       coalesce(json_agg(attname ORDER BY orderby_column_index) FILTER (WHERE orderby_column_index IS NOT NULL), '[]') AS order_by
     FROM timescaledb_information.compression_settings WHERE hypertable_schema = ? AND hypertable_name = '${CHART_TABLE}'`,
    [schema],
  );
  return { segmentBy: rows[0]!.segment_by, orderBy: rows[0]!.order_by };
}

async function readPolicy(db: Db, schema: string): Promise<number | null> {
  const { rows } = await db.raw<{ rows: { seconds: string | null }[] }>(
    `SELECT extract(epoch FROM (config->>'compress_after')::interval) AS seconds FROM timescaledb_information.jobs
     WHERE proc_name = 'policy_compression' AND scheduled AND hypertable_schema = ? AND hypertable_name = '${CHART_TABLE}'`,
    [schema],
  );
  const [policy] = rows;
  return policy?.seconds === null || policy === undefined ? null : Number(policy.seconds) * 1000;
}
