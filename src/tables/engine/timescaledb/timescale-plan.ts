import { DAY_MS } from '../../../core/minute.js';
import { formatDuration } from '../../../core/duration.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import type { EngineOptions } from '../engine.js';
import { DISTRIBUTION_COLUMN, TIME_COLUMN } from '../placement.js';
import type { Hypertable, TimescaleState } from './timescale-state.js';

/** The time range of a chunk, and the age at which it is compressed, unless the user says otherwise. */
export const DEFAULT_CHUNK_INTERVAL_MS = 7 * DAY_MS;
export const DEFAULT_COMPRESS_AFTER_MS = 30 * DAY_MS;

/** One change to the hypertable: what it does, and its SQL. */
export interface HypertableChange {
  does: string;
  statements: string[];
}

/** What is to be changed so that the chart table is a hypertable as the user wants it; empty when it is. */
export function planHypertable(state: TimescaleState, options: EngineOptions): HypertableChange[] {
  const { hypertable, mayCompress } = state;
  const { chunkIntervalMs, compressAfterMs } = options;
  const changes: HypertableChange[] = [];
  if (!hypertable) {
    const interval = chunkIntervalMs ?? DEFAULT_CHUNK_INTERVAL_MS;
    changes.push({
      does: `make ${CHART_TABLE} a hypertable with chunks of ${formatDuration(interval)}; its rows move into the chunks, and other sessions wait`,
      statements: [
        `SELECT create_hypertable('${CHART_TABLE}', '${TIME_COLUMN}', chunk_time_interval => ${toInterval(interval)}, create_default_indexes => false, migrate_data => true);`,
      ],
    });
  } else if (chunkIntervalMs !== undefined && findTimeDimension(hypertable)?.intervalMs !== chunkIntervalMs) {
    changes.push({
      does: `let later chunks span ${formatDuration(chunkIntervalMs)}; those that exist stay as they are`,
      statements: [`SELECT set_chunk_time_interval('${CHART_TABLE}', ${toInterval(chunkIntervalMs)});`],
    });
  }
  const wanted =
    compressAfterMs === undefined && !hypertable && mayCompress ? DEFAULT_COMPRESS_AFTER_MS : compressAfterMs;
  return [...changes, ...planCompression(hypertable, wanted)];
}

function planCompression(hypertable: Hypertable | null, wanted: number | null | undefined): HypertableChange[] {
  const present = hypertable?.compressAfterMs ?? null;
  if (wanted === undefined || wanted === present) return [];
  const remove = present === null ? [] : [`SELECT remove_compression_policy('${CHART_TABLE}');`];
  if (wanted === null) {
    return [{ does: 'compress no further chunks; those that are compressed stay so', statements: remove }];
  }
  const setUp = hypertable?.compression ? [] : [SET_COMPRESSION];
  return [
    {
      does: `compress chunks older than ${formatDuration(wanted)}, by symbol and time`,
      statements: [...setUp, ...remove, `SELECT add_compression_policy('${CHART_TABLE}', ${toInterval(wanted)});`],
    },
  ];
}

/** Rows of one symbol are compressed together, in the order of time: a write decompresses only what it touches. */
export const SET_COMPRESSION =
  `ALTER TABLE ${CHART_TABLE} SET (timescaledb.compress, ` +
  `timescaledb.compress_segmentby = '${DISTRIBUTION_COLUMN}', timescaledb.compress_orderby = '${TIME_COLUMN}');`;

/** The dimension of time of a hypertable that is divided by `timestamp`. */
export function findTimeDimension({ dimensions }: Hypertable): Hypertable['dimensions'][number] | undefined {
  return dimensions.find(({ kind, column }) => kind === 'Time' && column === TIME_COLUMN);
}

function toInterval(durationMs: number): string {
  return `interval '${durationMs / 1000} seconds'`;
}
