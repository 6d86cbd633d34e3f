import postgres from 'postgres';
import { TIMESCALEDB } from './engine-urls.js';
import { compareSteps, type TwoWorlds } from './steps/compare-steps.js';
import type { Step } from './steps/step.js';

compareSteps(TIMESCALEDB, 'the steps on compressed chunks of TimescaleDB', compressChunks);

/** Compresses every chunk before the steps that read and repair what is stored. */
async function compressChunks({ engine, found }: TwoWorlds, { title }: Step): Promise<void> {
  if (found !== 'timescaledb' || title.startsWith('fill')) return;
  const url = engine.database.superuser.kind === 'postgres' ? engine.database.superuser.url : '';
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const [table] = await sql<{ compressed: boolean }[]>`
      SELECT compression_enabled AS compressed FROM timescaledb_information.hypertables
      WHERE hypertable_name = 'rolling_chart_data'`;
    if (!table) return; // rolled back
    if (!table.compressed)
      await sql.unsafe(`ALTER TABLE rolling_chart_data SET (timescaledb.compress,
        timescaledb.compress_segmentby = 'symbol', timescaledb.compress_orderby = 'timestamp')`);
    await sql.unsafe(`SELECT compress_chunk(chunk, true) FROM show_chunks('rolling_chart_data') chunk`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
