import { SOURCES, type Source } from '../../core/candle.js';

/** What became of the rows of one symbol. */
export interface WriteCounts {
  inserted: number;
  replaced: number;
  confirmed: number;
  /** Rows of which only the indicators changed. */
  rebuilt: number;
  /** Inserted and replaced rows by the source they have now. */
  bySource: Partial<Record<Source, number>>;
}

export const NO_COUNTS: WriteCounts = { inserted: 0, replaced: 0, confirmed: 0, rebuilt: 0, bySource: {} };

export function addCounts(a: WriteCounts, b: WriteCounts): WriteCounts {
  const bySource = { ...a.bySource };
  for (const source of SOURCES) if (b.bySource[source]) bySource[source] = (bySource[source] ?? 0) + b.bySource[source];
  return {
    inserted: a.inserted + b.inserted,
    replaced: a.replaced + b.replaced,
    confirmed: a.confirmed + b.confirmed,
    rebuilt: a.rebuilt + b.rebuilt,
    bySource,
  };
}
