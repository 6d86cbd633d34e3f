import { floorMinute, type Minute, MINUTE_MS } from '../../core/minute.js';
import type { MinuteRange } from '../../core/range.js';
import { readDatabaseClock } from '../../database/server-facts.js';
import { inSnapshot } from '../../database/snapshot.js';
import type { Db, Transaction } from '../../database/store.js';
import {
  assessRetrain,
  type RetrainLimits,
  type RetrainReason,
  SERVED_WITHIN_MS,
  shareOf,
} from '../../quality/assess-retrain.js';
import { countDrifted } from '../../tables/past/known-rows.js';
import { countWindows, type WindowCount } from '../../tables/rolling-chart-data/count-window.js';
import { countValidRows } from '../../tables/rolling-chart-data/training-rows.js';
import { findLastMarks, type TrainingMark } from '../../tables/trainings.js';

/** Whether a symbol is due for a training, and the rows on which that was decided. */
export interface AssessedSymbol {
  symbol: string;
  summary: RetrainVerdict;
  /** The rows that a training of this state covers; null if there are none. */
  seen: (MinuteRange & { rows: number; writtenUntil: Date | null }) | null;
}

/** The state of a symbol relative to its last training. */
export interface RetrainVerdict {
  /** The number of newest rows that were assessed. */
  rows: number;
  /** The requested number of rows. */
  window: number;
  /** The assessed rows that backfill has written since the last training. */
  replaced: number;
  /** replaced / rows; 0 without rows. */
  share: number;
  /** The share above which a training is due. */
  threshold: number;
  /** Whether any of the reasons applies. */
  isDue: boolean;
  /** All reasons that were checked. */
  reasons: RetrainReason[];
  /** When the last training before this run was recorded. */
  trainedAt: Date | null;
}

interface Assessment {
  /** The number of newest rows. */
  window: number;
  limits: RetrainLimits;
  /** Rows from this minute on are later than the exchange's clock and do not count. */
  closedUntil: Minute;
}

/** Assesses each symbol by its last `window` rows and its last training. Ages are measured by the database's clock. */
export async function assessSymbols(
  db: Db,
  symbols: readonly string[],
  assessment: Assessment,
): Promise<AssessedSymbol[]> {
  const nowMs = (await readDatabaseClock(db)).getTime();
  return inSnapshot(db, async (trx) => {
    const marks = await findLastMarks(trx, symbols);
    const since = symbols.map((symbol) => ({ symbol, since: marks.get(symbol)?.writtenUntil ?? null }));
    const counts = await countWindows(trx, since, assessment);
    const assessed: AssessedSymbol[] = [];
    for (const symbol of symbols) {
      const state = { symbol, nowMs, last: marks.get(symbol) ?? null, counted: counts.get(symbol)! };
      assessed.push(await assessSymbol(trx, { ...state, ...assessment }));
    }
    return assessed;
  });
}

interface SymbolState {
  symbol: string;
  /** The last training. */
  last: TrainingMark | null;
  counted: WindowCount;
  /** The database's clock. */
  nowMs: number;
}

async function assessSymbol(
  trx: Transaction,
  { symbol, window, limits, nowMs, last, counted }: Assessment & SymbolState,
): Promise<AssessedSymbol> {
  const seen = toSeenState(counted);
  const newRows = seen && limits.minNewRows !== undefined ? await countNewRows(trx, symbol, last, seen.to) : 0;
  const drift = { withinMs: SERVED_WITHIN_MS, since: last?.writtenUntil ?? null };
  const drifted = seen && limits.maxDrift !== undefined ? await countDrifted(trx, symbol, seen, drift) : 0;
  const { rows, replaced, fallback } = counted;
  const trainedAt = last?.trainedAt ?? null;
  const counts = { rows, window, replaced, fallback, drifted, newRows };
  const facts = { ...counts, trainedAt: trainedAt?.getTime() ?? null, nowMs };
  const reasons = assessRetrain(facts, limits);
  const isDue = reasons.some((reason) => reason.isDue);
  const share = shareOf(replaced, rows);
  const { threshold } = limits;
  return { symbol, summary: { rows, window, replaced, share, threshold, isDue, reasons, trainedAt }, seen };
}

/**
 * Valid rows after the last minute of the last training. A training that covered rows later than the clock ended, for
 * this count, when it was recorded.
 */
async function countNewRows(db: Db, symbol: string, last: TrainingMark | null, to: number): Promise<number> {
  const from = last?.to ? Math.min(last.to.getTime(), floorMinute(last.trainedAt.getTime())) : 0;
  return from < to ? (await countValidRows(db, [symbol], { from, to })).get(symbol)!.rows : 0;
}

function toSeenState({ rows, first, last, writtenUntil }: WindowCount): AssessedSymbol['seen'] {
  return first && last ? { from: first.getTime(), to: last.getTime() + MINUTE_MS, rows, writtenUntil } : null;
}
