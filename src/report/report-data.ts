import type { Source } from '../core/candle.js';
import type { HourCoverage } from '../core/coverage.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import type { RowBlock } from '../rows/row-block.js';
import type { FlagRecord } from '../rows/row-state.js';

/** Everything that a report's page shows. Equal reports give equal pages, byte for byte. */
export interface Report {
  version: string;
  /** The time from which ranges and windows are counted, epoch milliseconds. */
  createdAt: number;
  /** `past`: the table is shown as it stood at `createdAt`. */
  clock: 'exchange' | 'local' | 'past';
  /** The job at whose end the table stood so; null for a time, and for the present. */
  asOfJob: number | null;
  range: MinuteRange;
  symbols: readonly SymbolReport[];
}

/** One symbol's part of a report. Its texts come from the database and may contain any characters. */
export interface SymbolReport {
  symbol: string;
  /** The rows of the range, ordered by time. */
  rows: RowBlock;
  /** Rows of the range by source, valid or not. */
  bySource: Readonly<Partial<Record<Source, number>>>;
  hours: readonly HourCandle[];
  /** The window that the forecast engine reads, as of now. */
  window: ReportWindow;
  volume: VolumeLine | null;
  gaps: readonly ReportGap[];
  flags: readonly FlagRecord[];
  jobs: ReportJobs;
  trainings: readonly ReportTraining[];
}

/** One hour of the range: its coverage, and the candle of its sound rows; null without any. */
export interface HourCandle extends HourCoverage {
  flagged: number;
  candle: { open: number; high: number; low: number; close: number; volume: number } | null;
}

export interface ReportWindow extends MinuteRange {
  minutes: number;
  present: number;
  valid: number;
  isReady: boolean;
  /** When the window is ready if no more minutes go missing; null when it is. */
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
  /** Interior: rows lie on both sides. Trailing: it extends to the present. Leading: it is before the symbol's first row. */
  kind: 'interior' | 'trailing' | 'leading';
  /** In words. */
  cause: string;
  askAgainAt: number | null;
}

/** The jobs of a symbol. */
export interface ReportJobs {
  /** By command, over all time. */
  tallies: readonly JobTally[];
  /** The latest jobs, newest first, without successful ingests. */
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
  /** The minutes that it changed, or was to change; null when it names none. */
  stretch: MinuteRange | null;
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
