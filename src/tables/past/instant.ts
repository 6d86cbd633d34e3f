import { Failure } from '../../core/failure.js';
import { DAY_MS } from '../../core/minute.js';
import { toArrayLiteral } from '../../database/format/text-format.js';
import { microsecondTextSql, readDatabaseClock, readStatementTime } from '../../database/server-facts.js';
import type { Db } from '../../database/store.js';
import { CHANGES_TABLE, INSERTS_TABLE } from '../changes.js';
import { findJob, type StoredJob } from '../jobs.js';

/** A past instant: a time of the database's clock in epoch milliseconds, or the end of a job. */
export type AsOf = { time: number } | { job: number };

/** An instant of which the audit log holds all later changes. */
export interface Instant {
  /** The time, or the end of the job, rounded up to whole milliseconds. */
  timeMs: number;
  job: number | null;
  /** For a symbol: entries of the audit log after this time are later than the instant. */
  cutOf: (symbol: string) => string;
}

/** The tables of the audit log, and when their entries were made. */
const ENTRY_TIMES = [
  [CHANGES_TABLE, 'changed_at'],
  [INSERTS_TABLE, 'inserted_at'],
] as const;

/** The migration from which on inserted rows are recorded. */
const AUDIT_MIGRATION = '20261122120000_record_inserts_and_flags';

/**
 * Finds the instant, and checks that the audit log reaches back to it for each of the symbols.
 *
 * An export's own rows are found exactly: with it the newest entry of the log that its snapshot saw is recorded.
 *
 * @throws Failure (usage) for a time in the future, a job that does not exist or has not ended, or when the audit log begins
 * later
 */
export async function findInstant(db: Db, asOf: AsOf, symbols: readonly string[]): Promise<Instant> {
  const instant = 'job' in asOf ? await findEndOfJob(db, asOf.job, symbols) : await toInstant(db, asOf.time);
  await requireReach(db, instant, symbols);
  return instant;
}

async function toInstant(db: Db, timeMs: number): Promise<Instant> {
  const now = (await readDatabaseClock(db)).getTime();
  const text = new Date(timeMs).toISOString();
  if (timeMs > now) {
    throw new Failure('usage', `${text} is in the future`, {
      hint: `expected a time up to the database's clock, ${new Date(now).toISOString()}`,
    });
  }
  return { timeMs, job: null, cutOf: () => text };
}

async function findEndOfJob(db: Db, id: number, symbols: readonly string[]): Promise<Instant> {
  const job = await findJob(db, id);
  if (!job) throw new Failure('usage', `there is no job ${id}`, { hint: 'chartctl jobs lists them' });
  const { text, timeMs } = await readEnd(db, job);
  const cuts = await findCutsOfExport(db, id, symbols);
  return { timeMs, job: id, cutOf: (symbol) => cuts.get(symbol) ?? text };
}

/** When a job ended; for one that died the time of its last change, and without any its start. */
async function readEnd(db: Db, { id, finishedAt, startedAt, outcome }: StoredJob) {
  if (!finishedAt && outcome === 'running') {
    throw new Failure('usage', `job ${id} has not ended`, { hint: 'name an earlier job, or a time' });
  }
  const { rows } = await db.raw<{ rows: { finished: string | null }[] }>(
    `SELECT ${microsecondTextSql('finished_at')} AS finished FROM chartctl_jobs WHERE id = ?`,
    [id],
  );
  const text = rows[0]!.finished ?? (await findNewestEntry(db, 'job_id = ?', id)) ?? startedAt.toISOString();
  return { text, timeMs: Math.ceil(Date.parse(text)) };
}

/** The time of the newest entry of the audit log for which a condition is true, in the form of `readStatementTime`. */
async function findNewestEntry(db: Db, condition: string, value: string | number): Promise<string | undefined> {
  const newest: string[] = [];
  for (const [table, time] of ENTRY_TIMES) {
    const { rows } = await db.raw<{ rows: { last: string | null }[] }>(
      `SELECT ${microsecondTextSql(`max(${time})`)} AS last FROM ${table} WHERE ${condition}`,
      [value],
    );
    if (rows[0]!.last !== null) newest.push(rows[0]!.last);
  }
  return newest.sort().at(-1);
}

/** Up to where an export had read the audit log, by symbol; exports before this was recorded have none. */
async function findCutsOfExport(db: Db, jobId: number, symbols: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.raw<{ rows: { symbol: string; cut: string }[] }>(
    `SELECT symbol, ${microsecondTextSql('max(audited_until)')} AS cut FROM chartctl_trainings
     WHERE symbol = ANY(?::text[]) AND job_id = ? AND audited_until IS NOT NULL GROUP BY symbol`,
    [toArrayLiteral(symbols), jobId],
  );
  return new Map(rows.map(({ symbol, cut }) => [symbol, cut]));
}

/** Most symbols of a running platform have an entry in this time, so that one statement finds the newest of them all. */
const RECENT_MS = 3_600_000;

/**
 * The time of the newest entry of the audit log of each symbol; without any the database's clock. Every writer of a symbol
 * holds its lock until its transaction ends, so a snapshot sees exactly the entries up to this time.
 */
export async function findAuditEnds(db: Db, symbols: readonly string[]): Promise<Map<string, string>> {
  const since = new Date((await readDatabaseClock(db)).getTime() - RECENT_MS);
  const ends = new Map<string, string>();
  for (const [table, time] of ENTRY_TIMES) {
    const { rows } = await db.raw<{ rows: { symbol: string; last: string }[] }>(
      `SELECT symbol, ${microsecondTextSql(`max(${time})`)} AS last FROM ${table}
       WHERE symbol = ANY(?::text[]) AND ${time} > ? GROUP BY symbol`,
      [toArrayLiteral(symbols), since],
    );
    for (const { symbol, last } of rows) if (last > (ends.get(symbol) ?? '')) ends.set(symbol, last);
  }
  for (const symbol of symbols) {
    if (ends.has(symbol)) continue;
    ends.set(symbol, (await findNewestEntry(db, 'symbol = ?', symbol)) ?? (await readStatementTime(db)));
  }
  return ends;
}

async function requireReach(db: Db, { timeMs }: Instant, symbols: readonly string[]): Promise<void> {
  const begins = await findReach(db, symbols);
  const late = symbols.filter((symbol) => begins.get(symbol)!.from > timeMs);
  if (late.length === 0) return;
  const [first] = [...late].sort((a, b) => begins.get(b)!.from - begins.get(a)!.from);
  const { from, why } = begins.get(first!)!;
  const others = late.length > 1 ? ` and ${late.length - 1} more` : '';
  throw new Failure(
    'usage',
    `the audit log of ${first}${others} reaches back to ${new Date(from).toISOString()}, not to ${new Date(timeMs).toISOString()}`,
    { code: 'BEFORE_AUDIT', hint: `${why}; name a time from then on` },
  );
}

/** From when on the audit log holds every change of a symbol, epoch milliseconds, and why not earlier. */
export interface Reach {
  from: number;
  why: string;
}

/** From when on the audit log holds every change of each symbol: it was created, or entries before were removed. */
export async function findReach(db: Db, symbols: readonly string[]): Promise<Map<string, Reach>> {
  const { rows: created } = await db.raw<{ rows: { at: Date }[] }>(
    'SELECT min(migration_time) AS at FROM chartctl_migrations WHERE name = ?',
    [AUDIT_MIGRATION],
  );
  const begin: Reach = { from: created[0]?.at?.getTime() ?? 0, why: 'chartctl keeps it since its first migrate' };
  const { rows: pruned } = await db.raw<{ rows: { symbol: string; days: string; at: Date }[] }>(
    `SELECT s.symbol, arguments->>'keepHistoryDays' AS days, coalesce(finished_at, started_at + interval '1 day') AS at
     FROM chartctl_jobs, unnest(symbols) AS s(symbol)
     WHERE command = 'clean' AND arguments->>'keepHistoryDays' IS NOT NULL AND symbols && ?::text[]`,
    [toArrayLiteral(symbols)],
  );
  const reach = new Map(symbols.map((symbol) => [symbol, begin]));
  for (const { symbol, days, at } of pruned) {
    const from = at.getTime() - Number(days) * DAY_MS;
    const known = reach.get(symbol);
    if (known && from > known.from)
      reach.set(symbol, { from, why: `clean --keep-history ${days} removed what was older` });
  }
  return reach;
}
