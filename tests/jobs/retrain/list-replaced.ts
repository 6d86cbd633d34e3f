import { MINUTE_MS } from '../../../src/core/minute.js';
import { ingest } from '../../../src/jobs/ingest/ingest.js';
import { checkRetrain } from '../../../src/jobs/retrain/check-retrain.js';
import type { JobWorld } from '../../harness/job-world.js';

/** A trained symbol of which backfill wrote `replaced` of the last 600 rows afterwards. */
export async function listReplaced(world: JobWorld, replaced: number): Promise<string> {
  const symbol = world.listSymbol(2000);
  await ingest(world.context, { symbols: [symbol] });
  await checkRetrain(world.context, { symbols: [symbol], markTrained: true });
  await writeAgain(world, symbol, { rows: replaced, source: 'BINANCE_BACKFILL' });
  return symbol;
}

/** Sets the source of the last rows and a `written_at` one second after all others. */
export async function writeAgain(
  world: JobWorld,
  symbol: string,
  { rows, source }: { rows: number; source: 'BINANCE_BACKFILL' | 'FALLBACK' },
): Promise<void> {
  await world.store.knex.raw(
    `UPDATE rolling_chart_data SET source = ?,
       written_at = (SELECT max(written_at) FROM rolling_chart_data WHERE symbol = ?) + interval '1 second'
     WHERE symbol = ? AND timestamp >= ?`,
    [source, symbol, symbol, new Date(world.now - rows * MINUTE_MS)],
  );
}
