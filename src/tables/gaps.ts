import type { KnownGap } from '../core/known-gap.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import { toArrayLiteral } from '../database/format/text-format.js';
import type { Db, Transaction } from '../database/store.js';
import { findSharedGaps, SHARED_GAP_SLACK_MS } from '../quality/gaps.js';

const GAPS_TABLE = 'chartctl_gaps';

interface GapRecord {
  from_time: Date;
  to_time: Date;
  cause: KnownGap['cause'] | null;
  halted_minutes: number;
  asked_at: Date;
  ask_again_at: Date;
  asked_count: number;
}

/** The known gaps of a symbol that overlap a range, ordered by time. */
export async function findGapsIn(db: Db, symbol: string, range: MinuteRange): Promise<KnownGap[]> {
  const records = await db(GAPS_TABLE)
    .where({ symbol })
    .andWhere('from_time', '<', new Date(range.to))
    .andWhere('to_time', '>', new Date(range.from))
    .orderBy('from_time')
    .select<GapRecord[]>('*');
  return records.map(toKnownGap);
}

/** The gaps of a symbol that a job recorded with an unknown cause and that begin at `from` or later. */
export async function findUnexplainedGaps(db: Db, symbol: string, jobId: number, from: Minute): Promise<KnownGap[]> {
  const records = await db(GAPS_TABLE)
    .where({ symbol, job_id: jobId, cause: 'unknown' })
    .andWhere('from_time', '>=', new Date(from))
    .orderBy('from_time')
    .select<GapRecord[]>('*');
  return records.map(toKnownGap);
}

/** Sets the cause of a gap whose cause is unknown. */
export async function explainUnknownGap(db: Db, symbol: string, { from, cause }: KnownGap): Promise<void> {
  await db(GAPS_TABLE)
    .where({ symbol, from_time: new Date(from), cause: 'unknown' })
    .update({ cause });
}

/**
 * Sets the cause `exchange outage` for every gap of a span that this symbol shares with another symbol, for both symbols.
 *
 * Run it after the transaction that recorded the gap: of two concurrent writers the later one then sees the gaps of both.
 */
export async function markExchangeOutages(trx: Transaction, symbol: string, span: MinuteRange): Promise<void> {
  const own = await findGapsIn(trx, symbol, span);
  if (own.length === 0) return;
  const begins = own.map(({ from }) => from);
  const { rows } = await trx.raw<{ rows: (Pick<GapRecord, 'from_time' | 'to_time' | 'cause'> & { symbol: string })[] }>(
    `SELECT symbol, from_time, to_time, cause FROM ${GAPS_TABLE}
     WHERE from_time >= ? AND from_time <= ? AND from_time < ? AND to_time > ?`,
    [
      new Date(Math.min(...begins) - SHARED_GAP_SLACK_MS),
      new Date(Math.max(...begins) + SHARED_GAP_SLACK_MS),
      new Date(span.to),
      new Date(span.from),
    ],
  );
  const found = rows.map((row) => {
    return {
      symbol: row.symbol,
      from: row.from_time.getTime(),
      to: row.to_time.getTime(),
      cause: row.cause ?? 'unknown',
    };
  });
  // in the order of the symbols: two transactions that mark the same gaps wait for each other instead of in a circle
  for (const [shared, minutes] of findSharedGaps(symbol, found)) {
    const times = minutes.map((minute) => new Date(minute));
    await trx.raw(
      `UPDATE ${GAPS_TABLE} SET cause = 'exchange outage'
       WHERE symbol = ? AND from_time >= ? AND from_time <= ? AND from_time = ANY(?::timestamptz[])`,
      [shared, times[0]!, times.at(-1)!, toArrayLiteral(times)],
    );
  }
}

/** Replaces known gaps of a symbol, given in the order of time, by others. */
export async function replaceGaps(
  trx: Transaction,
  symbol: string,
  replaced: readonly KnownGap[],
  gaps: readonly KnownGap[],
  jobId: number,
): Promise<void> {
  if (replaced.length > 0) {
    const times = replaced.map(({ from }) => new Date(from));
    await trx.raw(
      `DELETE FROM ${GAPS_TABLE}
       WHERE symbol = ? AND from_time >= ? AND from_time <= ? AND from_time = ANY(?::timestamptz[])`,
      [symbol, times[0]!, times.at(-1)!, toArrayLiteral(times)],
    );
  }
  if (gaps.length === 0) return;
  await trx(GAPS_TABLE).insert(
    gaps.map((gap) => ({
      symbol,
      from_time: new Date(gap.from),
      to_time: new Date(gap.to),
      cause: gap.cause,
      halted_minutes: gap.haltedMinutes,
      asked_at: new Date(gap.askedAt),
      ask_again_at: new Date(gap.askAgainAt),
      asked_count: gap.askedCount,
      job_id: jobId,
    })),
  );
}

function toKnownGap(record: GapRecord): KnownGap {
  return {
    from: record.from_time.getTime(),
    to: record.to_time.getTime(),
    cause: record.cause ?? 'unknown',
    haltedMinutes: record.halted_minutes,
    askedAt: record.asked_at.getTime(),
    askAgainAt: record.ask_again_at.getTime(),
    askedCount: record.asked_count,
  };
}
