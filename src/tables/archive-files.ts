import { intersect, type MinuteRange } from '../core/range.js';
import type { Db } from '../database/store.js';

const ARCHIVE_FILES_TABLE = 'chartctl_archive_files';

/** A file of Binance's archive, or an imported one, from which a job took rows of one symbol. */
export interface ArchiveFileRecord {
  symbol: string;
  /** Where it was read: a URL, or a path. */
  url: string;
  name: string;
  /** The period of the file. */
  range: MinuteRange;
  sha256: string;
  /** Whether its published SHA-256 was compared. */
  isVerified: boolean;
  etag: string | null;
  /** Epoch milliseconds, as the next two. */
  lastModified: number | null;
  entryTime: number | null;
  /** Rows in the file. */
  rows: number;
  /** Minutes of its period without a usable row. */
  missing: number;
  /** Rows that repeat another one. */
  duplicates: number;
  /** The minutes for which the job took its rows, ordered; none if it was seen to differ from files that are right. */
  used: readonly MinuteRange[];
  jobId: number;
}

/** A file from which a job took rows. */
export interface UsedArchiveFile extends Pick<ArchiveFileRecord, 'url' | 'name' | 'sha256' | 'jobId'> {
  /** The minutes for which the job took its rows, ordered. */
  ranges: MinuteRange[];
}

interface StoredRecord {
  symbol: string;
  url: string;
  job_id: string;
  name: string;
  from_time: Date;
  to_time: Date;
  sha256: string;
  verified: boolean;
  etag: string | null;
  last_modified: Date | null;
  entry_time: Date | null;
  rows: number;
  missing: number;
  duplicates: number;
  used: [from: number, to: number][];
}

/**
 * Records files before their rows are written, so that no row is without its file when the job is killed. A row is from
 * a file if the file's job inserted or replaced it and the file was used for its minute.
 *
 * @param fetchedAt by the database's clock
 */
export async function recordArchiveFiles(
  db: Db,
  records: readonly ArchiveFileRecord[],
  fetchedAt: Date,
): Promise<void> {
  if (records.length === 0) return;
  const rows = records.map((record) => ({
    symbol: record.symbol,
    url: record.url,
    job_id: record.jobId,
    name: record.name,
    from_time: new Date(record.range.from),
    to_time: new Date(record.range.to),
    sha256: record.sha256,
    verified: record.isVerified,
    etag: record.etag,
    last_modified: toDate(record.lastModified),
    entry_time: toDate(record.entryTime),
    fetched_at: fetchedAt,
    rows: record.rows,
    missing: record.missing,
    duplicates: record.duplicates,
    used: JSON.stringify(record.used.map(({ from, to }) => [from, to])),
  }));
  await db(ARCHIVE_FILES_TABLE).insert(rows).onConflict(['symbol', 'url', 'job_id']).ignore();
}

/** The files of a symbol whose period overlaps a range, oldest job first. */
export async function findArchiveFiles(db: Db, symbol: string, range: MinuteRange): Promise<ArchiveFileRecord[]> {
  const records = await db(ARCHIVE_FILES_TABLE)
    .where({ symbol })
    .andWhere('from_time', '<', new Date(range.to))
    .andWhere('to_time', '>', new Date(range.from))
    .orderBy(['job_id', 'from_time', 'url'])
    .select<StoredRecord[]>('*');
  return records.map(toRecord);
}

/**
 * The files of a range that were seen to differ from files that are right: the tag that each had when it was last seen
 * so, by its name. The tag is null or empty where the archive's listing has none.
 */
export async function findDifferingFiles(
  db: Db,
  symbol: string,
  range: MinuteRange,
): Promise<Map<string, string | null>> {
  const records = await db(ARCHIVE_FILES_TABLE)
    .where({ symbol, used: '[]' })
    .andWhere('from_time', '<', new Date(range.to))
    .andWhere('to_time', '>', new Date(range.from))
    .orderBy('job_id')
    .select<{ name: string; etag: string | null }[]>('name', 'etag');
  return new Map(records.map(({ name, etag }) => [name, etag]));
}

/** The files from which jobs took rows of a range, oldest job first, with the part of the range that each was used for. */
export async function findFilesUsedFor(db: Db, symbol: string, range: MinuteRange): Promise<UsedArchiveFile[]> {
  const records = await findArchiveFiles(db, symbol, range);
  const used = records.map(({ url, name, sha256, jobId, used: all }) => {
    const ranges = all.map((part) => intersect(part, range)).filter(({ from, to }) => to > from);
    return { url, name, sha256, jobId, ranges };
  });
  return used.filter(({ ranges }) => ranges.length > 0);
}

function toRecord(record: StoredRecord): ArchiveFileRecord {
  const { symbol, url, name, sha256, verified, etag, rows, missing, duplicates, used } = record;
  return {
    symbol,
    url,
    name,
    range: { from: record.from_time.getTime(), to: record.to_time.getTime() },
    sha256,
    isVerified: verified,
    etag,
    lastModified: record.last_modified?.getTime() ?? null,
    entryTime: record.entry_time?.getTime() ?? null,
    rows,
    missing,
    duplicates,
    used: used.map(([from, to]) => ({ from, to })),
    jobId: Number(record.job_id),
  };
}

function toDate(timeMs: number | null): Date | null {
  return timeMs === null ? null : new Date(timeMs);
}
