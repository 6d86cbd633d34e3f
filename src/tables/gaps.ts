import type { KnownGap } from '../core/known-gap.js';
import type { Minute } from '../core/minute.js';
import type { MinuteRange } from '../core/range.js';
import type { Db, Transaction } from '../database/store.js';

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
 * Sets the cause `exchange outage` for every gap that this symbol shares with another symbol, for both symbols.
 *
 * Two symbols share a gap when their gaps begin within five minutes of each other. The ends are not compared, because
 * gaps that are still open all end now. Run it after the transaction that recorded the gap: of two concurrent writers
 * the later one then sees the gaps of both.
 */
export async function markExchangeOutages(db: Db, symbol: string, span: MinuteRange): Promise<void> {
  await db.raw(
    `UPDATE ${GAPS_TABLE} g SET cause = 'exchange outage' FROM (
       SELECT DISTINCT a.symbol, a.from_time FROM ${GAPS_TABLE} a JOIN ${GAPS_TABLE} b
         ON a.symbol <> b.symbol AND a.from_time < b.to_time AND b.from_time < a.to_time
         AND a.from_time BETWEEN b.from_time - interval '5 minutes' AND b.from_time + interval '5 minutes'
       WHERE a.cause IN ('unknown', 'halted') AND b.cause <> 'not listed yet' AND (a.symbol = ? OR b.symbol = ?)
         AND a.from_time < ? AND a.to_time > ? AND b.from_time < ? AND b.to_time > ?
       ORDER BY a.symbol, a.from_time) shared
     WHERE g.symbol = shared.symbol AND g.from_time = shared.from_time`,
    [symbol, symbol, ...toOverlapBindings(span), ...toOverlapBindings(span)],
  );
}

/** Replaces known gaps of a symbol by others. */
export async function replaceGaps(
  trx: Transaction,
  symbol: string,
  replaced: readonly KnownGap[],
  gaps: readonly KnownGap[],
  jobId: number,
): Promise<void> {
  if (replaced.length > 0) {
    await trx(GAPS_TABLE)
      .where({ symbol })
      .whereIn(
        'from_time',
        replaced.map((gap) => new Date(gap.from)),
      )
      .delete();
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

function toOverlapBindings({ from, to }: MinuteRange): [Date, Date] {
  return [new Date(to), new Date(from)];
}
