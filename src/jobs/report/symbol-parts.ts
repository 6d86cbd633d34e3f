import { type Source, SOURCES } from '../../core/candle.js';
import { formatGapReason } from '../../core/known-gap.js';
import type { Minute } from '../../core/minute.js';
import type { ListedGap } from '../../quality/gaps.js';
import type { ReportGap } from '../../report/report-data.js';
import type { RowBlock } from '../../rows/row-block.js';

/** The numbers of rows by source, without those of no row. */
export function countSources(rows: RowBlock): Partial<Record<Source, number>> {
  const counts = SOURCES.map((source, index) => [source, rows.source.filter((at) => at === index).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** The gaps with their causes in words; those before the symbol's first row are leading ones. */
export function describeGaps(gaps: readonly ListedGap[], first: Minute | null): ReportGap[] {
  return gaps.map(({ haltedMinutes, cause, ...gap }) => ({
    ...gap,
    kind: gap.from < (first ?? Infinity) ? 'leading' : gap.kind,
    cause: cause === null ? 'Binance was not asked yet' : formatGapReason({ cause, haltedMinutes }),
  }));
}
