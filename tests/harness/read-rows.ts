import type { MinuteRange } from '../../src/core/range.js';
import { inSnapshot } from '../../src/database/snapshot.js';
import type { Db } from '../../src/database/store.js';
import type { ChartRow } from '../../src/rows/chart-row.js';
import { findRows } from '../../src/tables/rolling-chart-data/read-rows.js';

/** The rows of a symbol in a range, read in a transaction of their own. */
export function readRows(db: Db, symbol: string, range: MinuteRange): Promise<ChartRow[]> {
  return inSnapshot(db, (trx) => findRows(trx, symbol, range));
}
