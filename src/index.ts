/** The public API: the functions behind the commands, under the platform's names, and their types. */

export {
  backfill,
  type BackfillSettings,
  checkRetrain,
  cleanAndFlagAnomalies,
  type CleanSettings,
  type ForOneSymbol,
  ingestMinute,
  type IngestSettings,
  rebuildIndicators,
  type RebuildSettings,
  type RetrainSettings,
  status,
  type StatusSettings,
} from './jobs/api/symbol-functions.js';
export { exportTrainingSet, type ExportedSet, type ExportSettings } from './jobs/api/export-training-set.js';
export { importCandles, type ImportedCandles, type ImportSettings } from './jobs/api/import-candles.js';
export { loadTrainingRows, streamTrainingRows } from './jobs/api/training-rows.js';
export { calculateIndicators } from './indicators/calculate-indicators.js';
export { normalizeFallbackVolume, type FallbackVolume } from './exchange/fallbacks/fallback-exchange.js';

export { configOfProcess, type Opened } from './jobs/api/open-context.js';
export { openStore, withStore, type OpenOptions } from './database/open-store.js';
export type { Store } from './database/store.js';
export { openMarket, type MarketOptions, type OpenMarket } from './exchange/open-market.js';
export { migrate, type MigrateSummary } from './jobs/migrate.js';
export { startReplay, type Replay, type ReplayOptions } from './exchange/replay/start-replay.js';
export { generateCandles } from './exchange/replay/generate-candles.js';
export { EXIT_CODES, Failure, type ExitCode, type FailureDetails, type FailureKind } from './core/failure.js';
export { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from './indicators/indicators.js';

export type { PastInstant, Time, VersionOptions } from './jobs/api/time.js';

export type { AbsentRange, BackfillSummary, BeforeAndAfter } from './jobs/backfill/backfill.js';
export type { ArchiveSummary } from './jobs/backfill/divide-plan.js';
export type { CheckRetrainSummary } from './jobs/retrain/check-retrain.js';
export type { CleanChange } from './jobs/clean/clean-change.js';
export type { CleanSummary } from './jobs/clean/clean.js';
export type { SourcesReport, VenueReport } from './jobs/status/compare-sources.js';
export type { Progress } from './jobs/job.js';
export type { ExportSummary } from './jobs/export/inspect-training-set.js';
export type { ImportedFile, ImportSummary, RefusedFile } from './jobs/import/import-files.js';
export type { IngestSummary } from './jobs/ingest/ingest.js';
export type { RebuildSummary } from './jobs/rebuild.js';
export type { StatusSummary } from './jobs/status/status-summary.js';
export type { KnownCounts } from './tables/past/known-rows.js';
export type { Retirement } from './tables/retired-symbols.js';
export type { TrainingFile } from './jobs/export/write-training-file.js';

export type {
  CallOptions,
  CandleOptions,
  ExchangeClock,
  FallbackCandles,
  ListedSymbol,
  Market,
} from './exchange/market.js';
export type { CandleSource } from './exchange/replay/candle-source.js';
export type { ReplayAnswer, ReplayRequest } from './exchange/replay/start-replay.js';
export type { FormatName } from './files/formats/formats.js';
export type { FallbackCheck } from './exchange/market.js';
export type { LaterRows } from './tables/rolling-chart-data/later-rows.js';
export type { VenueComparison } from './quality/compare-venues.js';
export type { Excluded } from './quality/describe-excluded.js';
export type { Blocker, Readiness, Remedy } from './quality/assess-readiness.js';
export type { RetrainReason } from './quality/assess-retrain.js';
export type { ListedGap } from './quality/gaps.js';
export type { InstalledEngine } from './tables/engine/engine.js';
export type { MigrateOptions } from './tables/migration/plan.js';

export type { Candle, Source } from './core/candle.js';
export type { Config } from './config/config.js';
export type { DatabaseConfig } from './database/database-config.js';
export type { ArchiveConfig } from './exchange/archive/archive-config.js';
export type { ArchiveFile } from './exchange/archive/archive-file.js';
export type { CheckedFile } from './exchange/archive/check-file.js';
export type { Archive, ListedArchiveFile } from './exchange/archive/open-archive.js';
export type { FallbackName } from './exchange/fallbacks/fallbacks.js';
export type { ExchangeConfig } from './exchange/market.js';
export type { ProxySettings } from './network/proxies.js';
export type { HourCoverage, HourTrade, PartCoverage } from './core/coverage.js';
export type { Halt } from './core/halt.js';
export type { GapCause } from './core/known-gap.js';
export type { Minute } from './core/minute.js';
export type { MinuteRange } from './core/range.js';
export type { Cuts, PartName, TimeSplit } from './core/time-split.js';
export type { CandleColumns } from './rows/candle-columns.js';
export type { TrainingRow } from './rows/training-row.js';
