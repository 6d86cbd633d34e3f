/** What programs may import: the functions under the commands, by the platform's names, and the words they use. */

export { ingestMinute, type IngestSettings } from './jobs/api/ingest-minute.js';
export { backfill, type BackfillSettings } from './jobs/api/backfill.js';
export { cleanAndFlagAnomalies, type CleanSettings } from './jobs/api/clean-and-flag-anomalies.js';
export { rebuildIndicators, type RebuildSettings } from './jobs/api/rebuild-indicators.js';
export { loadTrainingRows } from './jobs/api/load-training-rows.js';
export { streamTrainingRows } from './jobs/api/stream-training-rows.js';
export { exportTrainingSet, type ExportedSet, type ExportSettings } from './jobs/api/export-training-set.js';
export { checkRetrain, type RetrainSettings } from './jobs/api/check-retrain.js';
export { status, type StatusSettings } from './jobs/api/status.js';
export { calculateIndicators } from './indicators/calculate-indicators.js';
export { normalizeFallbackVolume, type FallbackVolume } from './exchange/normalize-fallback-volume.js';

export { configOfProcess } from './jobs/api/config-of-process.js';
export { openStore, withStore, type OpenOptions, type Store } from './store/store.js';
export { openMarket, type MarketOptions } from './exchange/open-market.js';
export { migrate, type MigrateSummary } from './jobs/migrate.js';
export { startReplay, type Replay, type ReplayOptions } from './exchange/replay/start-replay.js';
export { generateCandles } from './exchange/replay/generate-candles.js';
export { EXIT_CODES, Failure, type ExitCode, type FailureDetails, type FailureKind } from './core/failure.js';
export { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from './core/indicator-columns.js';

export type { Opened } from './jobs/api/opened.js';
export type { ForOneSymbol } from './jobs/api/summary-of.js';
export type { Time } from './jobs/api/time.js';

export type { AbsentRange, BackfillSummary, BeforeAndAfter } from './jobs/backfill.js';
export type { CheckRetrainSummary } from './jobs/retrain/check-retrain.js';
export type { CleanChange } from './jobs/clean/clean-change.js';
export type { CleanSummary } from './jobs/clean/clean.js';
export type { SourcesReport, VenueReport } from './jobs/compare-sources.js';
export type { Progress } from './jobs/context.js';
export type { ExportSummary } from './jobs/export/export-training-set.js';
export type { IngestSummary } from './jobs/ingest.js';
export type { RebuildSummary } from './jobs/rebuild.js';
export type { StatusSummary } from './jobs/status.js';
export type { TrainingFile } from './jobs/export/write-training-file.js';

export type { CallOptions, ExchangeClock, FallbackCandles, Market } from './exchange/market.js';
export type { CandleSource } from './exchange/replay/candle-source.js';
export type { ReplayAnswer, ReplayRequest } from './exchange/replay/start-replay.js';
export type { FormatName } from './files/formats.js';
export type { VenueComparison } from './quality/compare-venues.js';
export type { Excluded } from './quality/describe-excluded.js';
export type { Blocker, Readiness, Remedy } from './quality/judge-readiness.js';
export type { RetrainReason } from './quality/judge-retrain.js';
export type { ListedGap } from './quality/list-gaps.js';
export type { MigrateOptions } from './store/migration/migrate.js';

export type { Candle, Source } from './core/candle.js';
export type { Config, DatabaseConfig, ExchangeConfig, FallbackName } from './core/config.js';
export type { HourCoverage, HourTrade, PartCoverage } from './core/hour-coverage.js';
export type { GapCause } from './core/known-gap.js';
export type { Minute } from './core/minute.js';
export type { MinuteRange } from './core/range.js';
export type { Cuts, PartName, TimeSplit } from './core/time-split.js';
export type { TrainingRow } from './core/training-row.js';
