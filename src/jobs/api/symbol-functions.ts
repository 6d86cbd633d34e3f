import { floorMinute } from '../../core/minute.js';
import { parseSymbols } from '../../core/symbol.js';
import { type BackfillOptions, type BackfillSummary, backfill as backfillSymbols } from '../backfill/backfill.js';
import { clean, type CleanOptions, type CleanSummary } from '../clean/clean.js';
import { ingest, type IngestSummary } from '../ingest/ingest.js';
import type { JobContext, JobOptions, JobResult } from '../job.js';
import { rebuild, type RebuildOptions, type RebuildSummary } from '../rebuild.js';
import { checkRetrain as check, type CheckRetrainOptions, type CheckRetrainSummary } from '../retrain/check-retrain.js';
import { status as statusOf, type StatusOptions } from '../status/status.js';
import type { StatusSummary } from '../status/status-summary.js';
import { type Opened, splitOpened, withOpened } from './open-context.js';
import { type Time, toInstant, toMinuteRange } from './time.js';

/** The options of a job for a function over one symbol, which is an argument of the function. */
export type ForOneSymbol<Options extends JobOptions> = Omit<Options, 'symbols' | 'ifLocked' | 'includesRetired'>;

/**
 * Runs a job over one symbol and returns its summary.
 *
 * @throws Failure of the symbol or of the whole job
 */
async function runForSymbol<S>(
  symbol: string,
  opened: Opened,
  job: (context: JobContext, options: Pick<JobOptions, 'symbols' | 'includesRetired'>) => Promise<JobResult<S>>,
): Promise<S> {
  const symbols = parseSymbols([symbol]);
  const { outcomes } = await withOpened(opened, (context) => job(context, { symbols, includesRetired: true }));
  const [outcome] = outcomes;
  if (outcome?.failure) throw outcome.failure;
  if (!outcome?.summary) throw new Error(`the job returned no summary of ${symbol}`);
  return outcome.summary;
}

/** The options of `ingestMinute`. */
export interface IngestSettings {
  /** Ingest the minute of this instant and the 400 minutes before it, instead of the newest closed minute. */
  at?: Time | undefined;
  /** How long to wait, in milliseconds, while another process writes the symbol. Default 10,000. */
  lockWaitMs?: number | undefined;
}

/**
 * Stores the newest closed minute of a symbol with its indicators, and the minutes since the last stored one:
 * `chartctl ingest`.
 *
 * If Binance fails, the newest minute is fetched from a fallback exchange. If no exchange has it yet, `isStored` is
 * false: this is not a failure, and the next call fetches it.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
 * @throws Failure
 * @example
 * const { minute, isComplete } = await ingestMinute('BTCUSDT');
 * if (isComplete) console.log(`${new Date(minute).toISOString()} can be forecast from`);
 */
export async function ingestMinute(symbol: string, options: Opened & IngestSettings = {}): Promise<IngestSummary> {
  const [opened, { at, ...settings }] = splitOpened<IngestSettings>(options);
  const minute = at === undefined ? undefined : floorMinute(toInstant(at));
  return runForSymbol(symbol, opened, (context, named) => ingest(context, { ...settings, ...named, at: minute }));
}

/** The options of `backfill`. */
export type BackfillSettings = Omit<ForOneSymbol<BackfillOptions>, 'range' | 'minutes'>;

/**
 * Fetches the missing and suspect minutes of a symbol that open in `[startTime, endTime)`: `chartctl backfill`.
 *
 * Valid rows are kept; minutes that have not closed yet are ignored. `stillMissing` counts the minutes without a row that
 * the exchange may have, `absent` lists those that it does not have.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
 * @throws Failure; rows written before it are kept, and the same call continues from there
 * @example
 * const { inserted, absent } = await backfill('BTCUSDT', '2025-06-01', '2025-06-02T12:00Z', { fillGaps: true });
 */
export async function backfill(
  symbol: string,
  startTime: Time,
  endTime: Time,
  options: Opened & BackfillSettings = {},
): Promise<BackfillSummary> {
  const [opened, settings] = splitOpened<BackfillSettings>(options);
  const range = toMinuteRange(startTime, endTime);
  return runForSymbol(symbol, opened, (context, named) => backfillSymbols(context, { ...settings, ...named, range }));
}

/** The options of `cleanAndFlagAnomalies`. */
export type CleanSettings = ForOneSymbol<CleanOptions>;

/**
 * Removes a symbol's duplicates, flags candles that are unsound or have a volume above mean + 3 standard deviations, and
 * rebuilds the indicators affected: `chartctl clean`.
 *
 * A flagged row is excluded from training until its flag is resolved: with `repair`, rows are fetched from Binance again,
 * and flags are resolved where Binance confirms or corrects the numbers.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
 * @throws Failure; then nothing was changed, except that flags set before a failed `repair` remain
 * @example
 * const { spikes, confirmed, openFlags } = await cleanAndFlagAnomalies('BTCUSDT', { repair: true });
 */
export async function cleanAndFlagAnomalies(
  symbol: string,
  options: Opened & CleanSettings = {},
): Promise<CleanSummary> {
  const [opened, settings] = splitOpened<CleanSettings>(options);
  return runForSymbol(symbol, opened, (context, named) => clean(context, { ...settings, ...named }));
}

/** The options of `rebuildIndicators`. */
export type RebuildSettings = Omit<ForOneSymbol<RebuildOptions>, 'range' | 'minutes'>;

/**
 * Recalculates, from the stored candles, every row of a symbol that a change of these minutes can affect: the minutes
 * themselves and up to 1,000 after each. `chartctl rebuild --timestamps`.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
 * @param timestamps instants within the minutes whose candles changed
 * @throws Failure
 * @example
 * const { rewritten } = await rebuildIndicators('BTCUSDT', ['2025-06-01T12:00Z']);
 */
export async function rebuildIndicators(
  symbol: string,
  timestamps: readonly Time[],
  options: Opened & RebuildSettings = {},
): Promise<RebuildSummary> {
  const [opened, settings] = splitOpened<RebuildSettings>(options);
  const minutes = timestamps.map((time) => floorMinute(toInstant(time)));
  return runForSymbol(symbol, opened, (context, named) => rebuild(context, { ...settings, ...named, minutes }));
}

/** The options of `checkRetrain`. */
export type RetrainSettings = Omit<ForOneSymbol<CheckRetrainOptions>, 'exec' | 'webhook' | 'githubOutput'>;

/**
 * Checks whether another training is due because of the rows that were replaced since the last recorded training:
 * `chartctl check-retrain`.
 *
 * To record a successful training, call it again with `markTrained`: the rows in the table then count as trained.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted
 * @throws Failure
 * @example
 * const { isDue, reasons } = await checkRetrain('BTCUSDT', { threshold: 0.1 });
 */
export async function checkRetrain(
  symbol: string,
  options: Opened & RetrainSettings = {},
): Promise<CheckRetrainSummary> {
  const [opened, settings] = splitOpened<RetrainSettings>(options);
  return runForSymbol(symbol, opened, (context, named) => check(context, { ...settings, ...named }));
}

/** The options of `status`. */
export type StatusSettings = ForOneSymbol<StatusOptions>;

/**
 * Reports the rows of a symbol, its gaps and their causes, and whether its window is ready: `chartctl status`.
 *
 * Changes nothing. The only request is for Binance's time; if it is not answered within 3 s, the local clock is used.
 *
 * @param symbol such as `BTCUSDT`; lower case is accepted. A symbol without rows is not ready; this is not a failure
 * @throws Failure
 * @example
 * const { readiness } = await status('BTCUSDT');
 * if (!readiness.isReady) console.log(readiness.blockers.map(({ reason }) => reason));
 */
export async function status(symbol: string, options: Opened & StatusSettings = {}): Promise<StatusSummary> {
  const [opened, settings] = splitOpened<StatusSettings>(options);
  return runForSymbol(symbol, opened, (context, named) => statusOf(context, { ...settings, ...named }));
}
