import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Failure, throwIfStopped } from '../../core/failure.js';
import type { MinuteRange } from '../../core/range.js';
import type { ProxySettings } from '../../network/proxies.js';
import { type ArchiveConfig, BINANCE_ARCHIVE } from './archive-config.js';
import { ArchiveFault } from './archive-fault.js';
import { type ArchiveFile, folderOf, parseFileName, pathOf } from './archive-file.js';
import { checkContent, type CheckedFile, verifyChecksum } from './check-file.js';
import { openFolderStorage } from './folder-storage.js';
import { openHttpStorage } from './http-storage.js';
import type { ListedFile } from './parse-listing.js';
import type { ArchiveStorage } from './storage.js';

/** A file of the listing. */
export interface ListedArchiveFile extends ListedFile {
  /** Which file it is. */
  file: ArchiveFile;
}

/** Binance's public archive of klines, or a copy of it. */
export interface Archive {
  /** For messages: its host, or its folder. */
  readonly name: string;

  /**
   * Reads, checks and parses a file; null if there is none.
   *
   * @throws ArchiveFault for a file that is not to be used
   * @throws Failure when the archive cannot be read
   */
  fetchFile(file: ArchiveFile, signal?: AbortSignal): Promise<CheckedFile | null>;

  /**
   * The files of a symbol that begin within a range, in the order of time; null if this archive has no listing.
   *
   * @throws Failure when the listing cannot be read
   */
  listFiles(
    symbol: string,
    period: ArchiveFile['period'],
    range: MinuteRange,
    signal?: AbortSignal,
  ): Promise<ListedArchiveFile[] | null>;
}

/** Before a file and its checksum are fetched again because they do not match: they may be being published. */
const MISMATCH_PAUSE_MS = 1_000;
/** Years of daily files have 4 pages of 1,000 keys. */
const MAX_PAGES = 100;

/**
 * Opens the archive. No request is sent yet, and nothing needs closing.
 *
 * @throws Failure (usage) for a file URL that names no path of this machine
 */
export function openArchive(
  config: ArchiveConfig = BINANCE_ARCHIVE,
  options: { proxies?: ProxySettings | undefined; onNotice?: ((message: string) => void) | undefined } = {},
): Archive {
  const storage = openStorage(config, options);
  return {
    name: storage.name,
    fetchFile: (file, signal) => fetchChecked(storage, file, signal),
    listFiles: (symbol, period, range, signal) => listFiles(storage, { symbol, period, range }, signal),
  };
}

function openStorage(
  { url, listingUrl }: ArchiveConfig,
  options: { proxies?: ProxySettings | undefined; onNotice?: ((message: string) => void) | undefined },
): ArchiveStorage {
  if (/^https?:\/\//i.test(url)) return openHttpStorage(url.replace(/\/+$/, ''), { listingUrl, ...options });
  return openFolderStorage(/^file:/i.test(url) ? toPath(url) : url);
}

function toPath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    const { message } = error as Error;
    throw new Failure('usage', `the archive's URL is "${url}"`, { hint: `expected a file URL: ${message}` });
  }
}

async function fetchChecked(
  storage: ArchiveStorage,
  file: ArchiveFile,
  signal: AbortSignal | undefined,
): Promise<CheckedFile | null> {
  const stored = await fetchVerified(storage, file, signal);
  return stored ? checkContent(stored, file) : null;
}

/** The file with its SHA-256. If that is not the published one, both are fetched once more. */
async function fetchVerified(storage: ArchiveStorage, file: ArchiveFile, signal: AbortSignal | undefined) {
  const path = pathOf(file);
  for (let isRepeated = false; ; isRepeated = true) {
    const checksum = await storage.read(`${path}.CHECKSUM`, signal);
    const zip = await storage.read(path, signal);
    if (!zip) return undefined;
    try {
      return verifyChecksum(zip, checksum, file);
    } catch (error) {
      if (!(error instanceof ArchiveFault) || isRepeated) throw error;
      await sleep(MISMATCH_PAUSE_MS, undefined, { signal }).catch(() => throwIfStopped(signal));
    }
  }
}

async function listFiles(
  storage: ArchiveStorage,
  { symbol, period, range }: { symbol: string; period: ArchiveFile['period']; range: MinuteRange },
  signal: AbortSignal | undefined,
): Promise<ListedArchiveFile[] | null> {
  const folder = folderOf(symbol, period);
  const found: ListedArchiveFile[] = [];
  let marker = '';
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await storage.list(`${folder}${symbol}-1m-`, marker, signal);
    if (!page) return null;
    for (const listed of page.files) {
      const file = listed.key.endsWith('.zip') ? parseFileName(listed.key.slice(folder.length)) : undefined;
      if (file?.symbol !== symbol || file.period !== period) continue; // stray keys exist
      if (range.from <= file.range.from && file.range.from < range.to) found.push({ ...listed, file });
    }
    if (page.nextMarker === null) return found.sort((a, b) => a.file.range.from - b.file.range.from);
    if (page.nextMarker <= marker) throw endlessListing(storage, `goes back to "${page.nextMarker}"`);
    marker = page.nextMarker;
  }
  throw endlessListing(storage, `has more than ${MAX_PAGES} pages`);
}

function endlessListing({ name }: ArchiveStorage, what: string): Failure {
  return new Failure('temporary', `the listing of the archive ${name} ${what}`, { code: 'BAD_ANSWER' });
}
