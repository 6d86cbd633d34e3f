import { currentName, type LegacyTable } from '../../adoption/legacy-table.js';
import type { Refusal } from '../../adoption/refusal.js';
import { toCopyRemedy } from '../../adoption/refusals/relation.js';
import { CHART_TABLE } from '../../rolling-chart-data/columns.js';
import type { EngineOptions } from '../engine.js';
import type { Dimension, TimescaleState } from './timescale-state.js';

/** Makes every chunk plain; `migrate` sets compression up again with `--compress-after`. */
const DECOMPRESS = [
  `SELECT remove_compression_policy('${CHART_TABLE}', if_exists => true);`,
  `SELECT decompress_chunk(chunk, if_compressed => true) FROM show_chunks('${CHART_TABLE}') AS chunk;`,
  `ALTER TABLE ${CHART_TABLE} SET (timescaledb.compress = false);`,
].join('\n');

/**
 * Refuses a hypertable that cannot be used, or cannot be adopted, as it is.
 *
 * @param table the table that is adopted; undefined: chartctl has adopted or created it before
 */
export function refuseHypertable(
  { hypertable, mayCompress }: TimescaleState,
  { compressAfterMs }: EngineOptions,
  table: LegacyTable | undefined,
): Refusal[] {
  const refusals: Refusal[] = [];
  if (typeof compressAfterMs === 'number' && !mayCompress) {
    const problem = 'this edition of TimescaleDB cannot compress chunks: timescaledb.license is apache';
    refusals.push({
      problem,
      remedy: `ALTER SYSTEM SET timescaledb.license = 'timescale';    -- and restart the server`,
    });
  }
  if (!hypertable || !table) return refusals;
  const wrong = hypertable.dimensions.map((dimension) => describeDimension(table, dimension)).find(Boolean);
  if (wrong !== undefined) {
    return [{ problem: `${CHART_TABLE} is a hypertable ${wrong}`, remedy: toCopyRemedy(table) }];
  }
  if (hypertable.compression !== null && changesConstraints(table)) {
    const problem = `${CHART_TABLE} is a hypertable with compression, which allows no change of types and constraints`;
    refusals.push({ problem, remedy: DECOMPRESS });
  }
  return refusals;
}

/** Why a dimension does not suit; undefined if it does. */
function describeDimension(table: LegacyTable, { kind, column, type }: Dimension): string | undefined {
  const isNamed = (name: 'symbol' | 'timestamp') => currentName(table, name) === `"${column}"`;
  if (kind === 'Space') {
    return isNamed('symbol') ? undefined : `with a dimension of space by ${column}; expected none, or one by symbol`;
  }
  if (!isNamed('timestamp')) return `divided by ${column}; expected divided by the open time of the candles`;
  return type.startsWith('timestamp')
    ? undefined
    : `divided by ${column} of type ${type}; expected timestamp with time zone`;
}

/** Whether the adoption does what TimescaleDB refuses where compression is set up. */
function changesConstraints({ matched, relation }: LegacyTable): boolean {
  return !relation.has_source_check || matched.some(({ conversion }) => conversion.kind !== 'keep');
}
