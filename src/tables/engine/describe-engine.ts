import { formatDuration } from '../../core/duration.js';
import type { Db } from '../../database/store.js';
import { CHART_TABLE } from '../rolling-chart-data/columns.js';
import { findMisplaced, refuseNodes } from './citus/citus-plan.js';
import type { CitusState } from './citus/citus-state.js';
import { type Engine, ENGINE_TITLES, type EngineProblem } from './engine.js';
import { readEngineState } from './engine-state.js';
import { DISTRIBUTED_TABLES, DISTRIBUTION_COLUMN, TIME_COLUMN } from './placement.js';
import { findTimeDimension } from './timescaledb/timescale-plan.js';
import type { Hypertable, TimescaleState } from './timescaledb/timescale-state.js';

/** How the database stores the tables, for `migrate --status` and `doctor`. */
export interface EngineReport {
  /** The engine that divides the chart table; null: it is plain. */
  name: Engine | null;
  version: string | null;
  /** One sentence without a full stop; null: no engine is installed. */
  summary: string | null;
  /** Citus: the shards of the chart table, and the nodes that take shards. */
  shards: number | null;
  nodes: number | null;
  /** TimescaleDB: the chunks, and those of them that are compressed. */
  chunks: number | null;
  compressedChunks: number | null;
  chunkIntervalMs: number | null;
  compressAfterMs: number | null;
  problems: EngineProblem[];
}

const NOTHING: EngineReport = {
  ...{ name: null, version: null, summary: null, shards: null, nodes: null, chunks: null, compressedChunks: null },
  ...{ chunkIntervalMs: null, compressAfterMs: null, problems: [] },
};

/** Reads how the engine stores the tables; changes nothing. */
export async function describeEngine(db: Db): Promise<EngineReport> {
  const { installed, citus, timescale, current } = await readEngineState(db);
  if (current === 'citus') return describeCitus(citus!);
  if (current === 'timescaledb') return describeTimescale(timescale!, timescale!.hypertable!);
  const [found] = installed;
  if (!found) return NOTHING;
  const misplaced = citus ? findMisplaced(citus).filter(({ problem }) => !problem.includes(' is a plain table;')) : [];
  const summary = `${ENGINE_TITLES[found.name]} ${found.version} is installed, and the tables are plain; chartctl migrate --engine ${found.name} converts them`;
  return { ...NOTHING, summary, problems: misplaced.map(({ problem }) => toProblem(problem)) };
}

function describeCitus(state: CitusState): EngineReport {
  const { version, workers, tables } = state;
  const chart = tables.find(({ name }) => name === CHART_TABLE)!;
  const names: readonly string[] = DISTRIBUTED_TABLES;
  const distributed = tables.filter(({ name, placement }) => names.includes(name) && placement === 'distributed');
  const problems = [
    ...refuseNodes(state).map((refusal) => ({ ...refusal, isSerious: true })),
    ...findMisplaced(state).map(({ problem, statements, isManual }) =>
      isManual ? { problem, remedy: statements.join(' '), isSerious: true } : toProblem(problem),
    ),
  ];
  return {
    ...NOTHING,
    name: 'citus',
    version,
    shards: chart.shards,
    nodes: workers,
    summary: `Citus ${version}: ${distributed.length} of ${names.length} tables are distributed by ${chart.column ?? 'no column'} over ${chart.shards} shards on ${workers} nodes`,
    problems,
  };
}

function toProblem(problem: string): EngineProblem {
  return { problem, remedy: 'chartctl migrate --engine citus', isSerious: true };
}

function describeTimescale({ version, mayCompress }: TimescaleState, hypertable: Hypertable): EngineReport {
  const { chunks, compressedChunks, compressAfterMs } = hypertable;
  const interval = findTimeDimension(hypertable)?.intervalMs ?? null;
  const after =
    compressAfterMs === null
      ? 'none is compressed automatically'
      : `compressed after ${formatDuration(compressAfterMs)}`;
  return {
    ...NOTHING,
    name: 'timescaledb',
    version,
    chunks,
    compressedChunks,
    chunkIntervalMs: interval,
    compressAfterMs,
    summary: `TimescaleDB ${version}: ${CHART_TABLE} has ${chunks} chunks${interval === null ? '' : ` of ${formatDuration(interval)}`}, ${compressedChunks} of them compressed (${mayCompress ? after : 'this edition cannot compress'})`,
    problems: findHypertableProblems(hypertable),
  };
}

function findHypertableProblems({ dimensions, compression, compressAfterMs }: Hypertable): EngineProblem[] {
  const problems: EngineProblem[] = [];
  const other = dimensions.find(({ kind, column }) => column !== (kind === 'Time' ? TIME_COLUMN : DISTRIBUTION_COLUMN));
  if (other) {
    const problem = `${CHART_TABLE} is divided by ${other.column}; expected by ${TIME_COLUMN}`;
    problems.push({ problem, remedy: 'copy it into a new hypertable, as migrations/README.md says', isSerious: true });
  }
  const { segmentBy = [], orderBy = [] } = compression ?? {};
  if (compression && (segmentBy.join() !== DISTRIBUTION_COLUMN || orderBy[0] !== TIME_COLUMN)) {
    const problem = `chunks are compressed by (${segmentBy.join(', ')}) in the order of (${orderBy.join(', ')}); expected by ${DISTRIBUTION_COLUMN} in the order of ${TIME_COLUMN}: a write decompresses rows of other symbols too`;
    const remedy = `SELECT decompress_chunk(chunk, if_compressed => true) FROM show_chunks('${CHART_TABLE}') AS chunk; ALTER TABLE ${CHART_TABLE} SET (timescaledb.compress, timescaledb.compress_segmentby = '${DISTRIBUTION_COLUMN}', timescaledb.compress_orderby = '${TIME_COLUMN}');`;
    problems.push({ problem, remedy, isSerious: false });
  }
  if (compressAfterMs !== null && compressAfterMs < MIN_COMPRESS_AFTER_MS) {
    const problem = `chunks are compressed after ${formatDuration(compressAfterMs)}, while their rows still change; expected at least ${formatDuration(MIN_COMPRESS_AFTER_MS)}`;
    problems.push({ problem, remedy: 'chartctl migrate --compress-after 30d', isSerious: false });
  }
  return problems;
}

/** Rows of the last two days change: late candles, and the indicators after them. */
export const MIN_COMPRESS_AFTER_MS = 48 * 3_600_000;
