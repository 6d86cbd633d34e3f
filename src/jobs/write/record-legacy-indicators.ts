import { INDICATOR_COLUMNS } from '../../core/indicator-columns.js';
import { minutesAt, type RowBlock } from '../../core/row-block.js';
import { findUnlogged, recordChanges } from '../../store/changes.js';
import type { Transaction } from '../../store/handles.js';

/**
 * Logs rows that the platform wrote itself before their indicators are overwritten for the first time.
 *
 * @param stored the rows as they stand in the database
 * @param places those of them whose indicators change, in order
 */
export async function recordLegacyIndicators(
  trx: Transaction,
  change: { symbol: string; jobId: number; reason: string },
  stored: RowBlock,
  places: readonly number[],
): Promise<void> {
  const legacy = places.filter(
    (at) => Number.isNaN(stored.writtenAt[at]) && INDICATOR_COLUMNS.some((column) => !Number.isNaN(stored[column][at])),
  );
  const minutes = await findUnlogged(trx, change.symbol, minutesAt(stored, legacy));
  await recordChanges(trx, { ...change, action: 'rebuild' }, minutes);
}
