import type { Source } from '../../core/candle.js';
import type { HourCoverage, HourTrade } from '../../core/coverage.js';
import type { Minute } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import type { Readiness } from '../../quality/assess-readiness.js';
import type { ListedGap } from '../../quality/gaps.js';
import type { Retirement } from '../../tables/retired-symbols.js';
import type { LaterRows } from '../../tables/rolling-chart-data/later-rows.js';
import type { SourcesReport } from './compare-sources.js';

/** The state of one symbol. */
export interface StatusSummary {
  /** The newest candle, and the time since its minute ended. */
  last: { minute: Minute; ageSeconds: number } | null;
  /** The last 600 closed minutes; newest ones that may still be on their way are left out. */
  window: MinuteRange & {
    minutes: number;
    present: number;
    valid: number;
    bySource: Partial<Record<Source, number>>;
  };
  /** Whether the window is ready for a forecast, and what prevents it. */
  readiness: Readiness;
  /** By hour over the last days, including the current hour. */
  coverage: HourCoverage[];
  /** Closes and volumes of the last 72 hours, including the current hour. */
  trade: HourTrade[];
  /** Minutes without a row over the last days, from the symbol's first row on. */
  gaps: ListedGap[];
  /** The gaps before these days, with `olderGaps`; undefined where counting them took too long. */
  olderGaps?: number | undefined;
  /** All flagged rows of the symbol. */
  flags: { rows: number; byRule: Record<string, number> };
  /** The rows that are later than the newest closed minute, and count for nothing; null if there are none. */
  beyondClock: LaterRows | null;
  /** When and why the symbol was retired; null when it was not. */
  retired: Retirement | null;
  /** With `sources`. */
  sources?: SourcesReport;
}
