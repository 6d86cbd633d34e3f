import type { ChartRow } from '../core/chart-row.js';
import { INDICATOR_COLUMNS } from '../core/indicator-columns.js';
import { findUnlogged, recordChanges } from '../store/changes.js';
import type { Transaction } from '../store/handles.js';

/**
 * Logs rows that the platform wrote itself before their indicators are overwritten for the first time.
 *
 * @param rows as they stand in the database
 */
export async function recordLegacyIndicators(
  trx: Transaction,
  change: { symbol: string; jobId: number; reason: string },
  rows: readonly ChartRow[],
): Promise<void> {
  const legacy = rows.filter(
    ({ writtenAt, indicators }) =>
      writtenAt === null && INDICATOR_COLUMNS.some((column) => indicators[column] !== null),
  );
  const minutes = legacy.map((row) => row.openTime).sort((a, b) => a - b);
  await recordChanges(trx, { ...change, action: 'rebuild' }, await findUnlogged(trx, change.symbol, minutes));
}
