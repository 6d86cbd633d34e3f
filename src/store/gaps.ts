import type { Knex } from 'knex';
import type { MinuteRange } from '../core/range.js';

const GAPS_TABLE = 'chartctl_gaps';

/** Why the exchange does not have some minutes. */
export type GapCause = 'exchange outage' | 'halted' | 'not listed yet' | 'unknown';

/** A stretch of minutes that the exchange itself says it does not have. */
export interface KnownGap extends MinuteRange {
  cause: GapCause;
  askedAt: number;
  askAgainAt: number;
  askedCount: number;
}

interface GapRecord {
  from_time: Date;
  to_time: Date;
  cause: GapCause;
  asked_at: Date;
  ask_again_at: Date;
  asked_count: number;
}

/** The known gaps of a symbol that overlap a range, in order. */
export async function findGapsIn(db: Knex, symbol: string, range: MinuteRange): Promise<KnownGap[]> {
  const records = await db(GAPS_TABLE)
    .where({ symbol })
    .andWhere('from_time', '<', new Date(range.to))
    .andWhere('to_time', '>', new Date(range.from))
    .orderBy('from_time')
    .select<GapRecord[]>('*');
  return records.map((record) => ({
    from: record.from_time.getTime(),
    to: record.to_time.getTime(),
    cause: record.cause,
    askedAt: record.asked_at.getTime(),
    askAgainAt: record.ask_again_at.getTime(),
    askedCount: record.asked_count,
  }));
}

/** The symbols beside this one that have a known gap over one of the range's minutes. */
export async function findSymbolsMissing(db: Knex, symbol: string, range: MinuteRange): Promise<string[]> {
  const records = await db(GAPS_TABLE)
    .whereNot({ symbol })
    .andWhere('from_time', '<', new Date(range.to))
    .andWhere('to_time', '>', new Date(range.from))
    .distinct<{ symbol: string }[]>('symbol');
  return records.map((record) => record.symbol);
}

/** Puts `gaps` in the place of whatever was known of a symbol inside their span. */
export async function replaceGaps(
  trx: Knex.Transaction,
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
      asked_at: new Date(gap.askedAt),
      ask_again_at: new Date(gap.askAgainAt),
      asked_count: gap.askedCount,
      job_id: jobId,
    })),
  );
}
