import { Failure, throwIfStopped } from '../../core/failure.js';
import type { ArchiveFile } from '../../exchange/archive/archive-file.js';
import type { Archive, ListedArchiveFile } from '../../exchange/archive/open-archive.js';
import { findDifferingFiles } from '../../tables/archive-files.js';
import type { JobContext } from '../job.js';
import { type ArchiveMonth, estimateBytes } from './plan-archive.js';

/**
 * Leaves out of a plan what the archive's listing shows not to exist: the days before a symbol's first month, and the
 * files of months that are not published yet. Without a listing nothing is left out; files are then found by asking for
 * them. The files of months that differed from the daily ones are left out until they are published anew.
 *
 * @returns the months, and the size of their files
 */
export async function findPublished(
  context: JobContext,
  archive: Archive,
  symbol: string,
  months: readonly ArchiveMonth[],
): Promise<{ months: ArchiveMonth[]; bytes: number }> {
  if (months.length === 0) return { months: [], bytes: 0 };
  const whole = { from: months[0]!.from, to: months.at(-1)!.to };
  const listed = await listMonths(context, archive, symbol, whole.to);
  const differing = await findDifferingFiles(context.store.knex, symbol, whole);
  const first = listed?.[0]?.file.range.from ?? -Infinity; // of a new symbol no month is published yet
  const byMonth = new Map(listed?.map((entry) => [entry.file.range.from, entry]));
  const isUsed = ({ name, range }: ArchiveFile) => {
    const entry = byMonth.get(range.from);
    if (listed && !entry) return false;
    const tag = differing.get(name);
    return tag === undefined || (tag !== null && Boolean(entry?.etag) && entry?.etag !== tag);
  };
  const published = months
    .filter(({ from }) => from >= first)
    .map((month) => ({ ...month, file: month.file && isUsed(month.file) ? month.file : null }));
  const bytes = sum(published.map((month) => estimateBytes(month, byMonth.get(month.from)?.sizeBytes)));
  return { months: published, bytes };
}

/** @throws Failure (usage) where no archive is configured */
export async function requireArchive({ market }: JobContext): Promise<Archive> {
  if (market.openArchive) return market.openArchive();
  throw new Failure('usage', 'no archive belongs to the configured base URL of Binance', {
    hint: "set CHARTCTL_ARCHIVE_URL to the archive's URL or folder",
    code: 'NO_ARCHIVE',
  });
}

/** The files of the symbol's months; null without a listing. A listing that fails is not the only way to the files. */
async function listMonths(
  { signal, onNotice }: JobContext,
  archive: Archive,
  symbol: string,
  to: number,
): Promise<ListedArchiveFile[] | null> {
  try {
    return await archive.listFiles(symbol, 'month', { from: 0, to }, signal);
  } catch (error) {
    throwIfStopped(signal);
    if (!(error instanceof Failure)) throw error;
    onNotice?.(`${error.message}; files are found by asking for them`);
    return null;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
