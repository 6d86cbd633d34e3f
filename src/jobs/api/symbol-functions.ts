import { floorMinute } from '../../core/minute.js';
import { parseSymbols } from '../../core/symbol.js';
import { type BackfillOptions, type BackfillSummary, backfill as backfillSymbols } from '../backfill/backfill.js';
import { clean, type CleanOptions, type CleanSummary } from '../clean/clean.js';
import { ingest, type IngestSummary } from '../ingest/ingest.js';
import type { JobContext, JobOptions, JobResult } from '../job.js';
import { rebuild, type RebuildOptions, type RebuildSummary } from '../rebuild.js';
import { checkRetrain as check, type CheckRetrainOptions, type CheckRetrainSummary } from '../retrain/check-retrain.js';
import { status as statusOf, type StatusOptions, type StatusSummary } from '../status/status.js';
import { type Opened, splitOpened, withOpened } from './open-context.js';
import { type Time, toInstant, toMinuteRange } from './time.js';

/** What is asked of a job by functions that are about one symbol: that one is an argument, and nobody skips it. */
export type ForOneSymbol<Options extends JobOptions> = Omit<Options, 'symbols' | 'ifLocked'>;

/**
 * Runs a job over one symbol and answers its summary.
 *
 * @throws Failure: the symbol's own, or what stood in the way of the whole job
 */
export async function runForSymbol<S>(
  symbol: string,
  opened: Opened,
  job: (context: JobContext, options: Pick<JobOptions, 'symbols'>) => Promise<JobResult<S>>,
): Promise<S> {
  const symbols = parseSymbols([symbol]);
  const { outcomes } = await withOpened(opened, (context) => job(context, { symbols }));
  const [outcome] = outcomes;
  if (outcome?.failure) throw outcome.failure;
  if (!outcome?.summary) throw new Error(`a job over ${symbol} ended without a word about it`);
  return outcome.summary;
}

/** What `ingestMinute` may be told. */
export interface IngestSettings {
  /** Ingest the minute that holds this instant, and the 400 before it, instead of the newest closed one. */
  at?: Time | undefined;
  /** How long the write waits for a symbol that another process is writing, in milliseconds. Default 10,000. */
  lockWaitMs?: number | undefined;
}

/**
 * Stores the newest closed minute of a symbol, complete, and what was missed since the last stored one: `chartctl ingest`.
 *
 * When Binance fails, a fallback exchange gives the newest minute. `isStored` of the answer is false when no exchange
 * had it yet: that is no failure, and the next call catches it up.
 *
 * @param symbol such as `BTCUSDT`, in any case
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

/** What `backfill` may be told. */
export type BackfillSettings = Omit<ForOneSymbol<BackfillOptions>, 'range' | 'minutes'>;

/**
 * Makes the minutes of a symbol that open in `[startTime, endTime)` right: `chartctl backfill`.
 *
 * Valid rows stay; minutes that have not closed yet are left alone. `stillMissing` of the answer counts what is not
 * there although the exchange may have it, `absent` names what the exchange does not have.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @throws Failure; what was written before it stays, and the same call goes on from there
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

/** What `cleanAndFlagAnomalies` may be told. */
export type CleanSettings = ForOneSymbol<CleanOptions>;

/**
 * Removes a symbol's duplicates, flags what is unsound or has a volume above mean + 3 standard deviations, and rebuilds
 * what that affects: `chartctl clean`.
 *
 * A flagged row is kept out of the training until somebody vouches for it: with `repair` Binance is asked again, and
 * lifts the flag of every number that it confirms or corrects.
 *
 * @param symbol such as `BTCUSDT`, in any case
 * @throws Failure; then nothing was changed, but a `repair` that failed leaves the flags that were raised before it
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

/** What `rebuildIndicators` may be told. */
export type RebuildSettings = Omit<ForOneSymbol<RebuildOptions>, 'range' | 'minutes'>;

/**
 * Recomputes, from the stored candles, every row of a symbol that a change at these minutes can affect: the minutes
 * themselves and up to 1,000 after each. `chartctl rebuild --timestamps`.
 *
 * @param symbol such as `BTCUSDT`, in any case
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

/** What `checkRetrain` may be told. */
export type RetrainSettings = Omit<ForOneSymbol<CheckRetrainOptions>, 'exec' | 'webhook' | 'githubOutput'>;

/**
 * Whether so many of a symbol's last rows were replaced since its last recorded training that another one is due:
 * `chartctl check-retrain`.
 *
 * Record a training that went well by calling it again with `markTrained`: what is in the table then counts as known.
 *
 * @param symbol such as `BTCUSDT`, in any case
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

/** What `status` may be told. */
export type StatusSettings = ForOneSymbol<StatusOptions>;

/**
 * What is in the table of a symbol, what is not and why, and whether its window is ready: `chartctl status`.
 *
 * Changes nothing. Binance is asked for the time only; when it does not answer within 3 s the local clock does.
 *
 * @param symbol such as `BTCUSDT`, in any case; one that has no row yet is not ready, and that is no failure
 * @throws Failure
 * @example
 * const { readiness } = await status('BTCUSDT');
 * if (!readiness.isReady) console.log(readiness.blockers.map(({ reason }) => reason));
 */
export async function status(symbol: string, options: Opened & StatusSettings = {}): Promise<StatusSummary> {
  const [opened, settings] = splitOpened<StatusSettings>(options);
  return runForSymbol(symbol, opened, (context, named) => statusOf(context, { ...settings, ...named }));
}
