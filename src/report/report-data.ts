import type { Source } from '../core/candle.js';
import type { HourCoverage } from '../core/coverage.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import type { RowBlock } from '../rows/row-block.js';
import type { FlagRecord } from '../rows/row-state.js';

/** Everything that a report's page shows. The same report gives the same page, byte for byte. */
export interface Report {
  version: string;
  /** The clock that ranges and windows go by, epoch milliseconds. */
  createdAt: number;
  clock: 'exchange' | 'local';
  range: MinuteRange;
  symbols: readonly SymbolReport[];
}

/** One symbol's part of a report. Texts in it come from the database and may hold anything. */
export interface SymbolReport {
  symbol: string;
  /** The rows of the range, ordered by time. */
  rows: RowBlock;
  /** Rows of the range by source, valid or not. */
  bySource: Readonly<Partial<Record<Source, number>>>;
  hours: readonly HourCandle[];
  /** The window that the forecast looks at, as it stands now. */
  window: ReportWindow;
  volume: VolumeLine | null;
  gaps: readonly ReportGap[];
  flags: readonly FlagRecord[];
  jobs: ReportJobs;
  trainings: readonly ReportTraining[];
}

/** One hour of the range: how much of it is there, and the candle that its sound rows make; null without any. */
export interface HourCandle extends HourCoverage {
  flagged: number;
  candle: { open: number; high: number; low: number; close: number; volume: number } | null;
}

export interface ReportWindow extends MinuteRange {
  minutes: number;
  present: number;
  valid: number;
  isReady: boolean;
  /** When the window is ready if nothing more is missing; null when it is. */
  readyFrom: Minute | null;
  blockers: readonly (MinuteRange & { minutes: number; reason: string })[];
}

/** The volume from which `clean` flags a minute: mean + sigma standard deviations over all the symbol's rows. */
export interface VolumeLine {
  sigma: number;
  /** In units of the base asset. */
  threshold: number;
}

/** Minutes of the range without a row. */
export interface ReportGap extends MinuteRange {
  minutes: number;
  /** Interior: rows lie on both sides. Trailing: it reaches up to now. Leading: it lies before the symbol's first row. */
  kind: 'interior' | 'trailing' | 'leading';
  /** In words. */
  cause: string;
  askAgainAt: number | null;
}

/** What ran over a symbol. */
export interface ReportJobs {
  /** By command, whenever it ran. */
  tallies: readonly JobTally[];
  /** The last ones, newest first, without the ingests that ended well. */
  latest: readonly ReportJob[];
}

export interface JobTally {
  command: string;
  runs: number;
  /** Runs that did not end as done. */
  troubled: number;
  lastStartedAt: number;
}

export interface ReportJob {
  id: number;
  command: string;
  arguments: object;
  startedAt: number;
  finishedAt: number | null;
  outcome: string;
  counts: Readonly<Record<string, number>>;
  error: string | null;
}

/** A training mark or an exported file. */
export interface ReportTraining {
  jobId: number | null;
  kind: string;
  trainedAt: number;
  from: Minute | null;
  to: Minute | null;
  rows: number | null;
  file: string | null;
  sha256: string | null;
}
