/** What programs may import: the functions under the commands, by the platform's names, and the words they use. */

export { ingestMinute } from './jobs/api/ingest-minute.js';
export { backfill } from './jobs/api/backfill.js';
export { cleanAndFlagAnomalies } from './jobs/api/clean-and-flag-anomalies.js';
export { rebuildIndicators } from './jobs/api/rebuild-indicators.js';
export { loadTrainingRows } from './jobs/api/load-training-rows.js';
export { calculateIndicators } from './indicators/calculate-indicators.js';
export { normalizeFallbackVolume, type FallbackVolume } from './exchange/normalize-fallback-volume.js';

export { openStore, withStore, type Store } from './store/store.js';
export { openMarket, type MarketOptions } from './exchange/open-market.js';
export { migrate, type MigrateSummary } from './jobs/migrate.js';
export { EXIT_CODES, Failure, type ExitCode, type FailureKind } from './core/failure.js';
export { INDICATOR_COLUMNS, type IndicatorColumn, type Indicators } from './core/indicator-columns.js';

export type { Opened } from './jobs/api/opened.js';
export type { Time } from './jobs/api/time.js';
export type { Candle, Source } from './core/candle.js';
export type { Config, DatabaseConfig, ExchangeConfig, FallbackName } from './core/config.js';
export type { Minute } from './core/minute.js';
export type { MinuteRange } from './core/range.js';
export type { TrainingRow } from './core/training-row.js';
export type { CallOptions, ExchangeClock, FallbackCandles, Market } from './exchange/market.js';
export type { IngestSummary } from './jobs/ingest.js';
export type { AbsentRange, BackfillSummary } from './jobs/backfill.js';
export type { CleanChange } from './jobs/clean-change.js';
export type { CleanSummary } from './jobs/clean.js';
export type { RebuildSummary } from './jobs/rebuild.js';
export type { MigrateOptions } from './store/migrate.js';
