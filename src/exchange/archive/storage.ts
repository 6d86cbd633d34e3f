import type { ListingPage } from './parse-listing.js';

/** A file as it is stored now. */
export interface StoredFile {
  bytes: Buffer;
  /** Where it was read: a URL, or a path. */
  url: string;
  /** Changes whenever the file is published anew; null if the server does not say. */
  etag: string | null;
  /** Epoch milliseconds; null if the server does not say. */
  lastModified: number | null;
}

/** Where the archive's files are: a server, or a folder on this machine. */
export interface ArchiveStorage {
  /** For messages: a host, or a path. */
  readonly name: string;

  /**
   * The file of a path from the archive's base, null if there is none.
   *
   * @throws Failure `UNREACHABLE`, `SERVER_ERROR`, `FORBIDDEN`, `RATE_LIMITED`; for a folder `UNREADABLE`
   */
  read(path: string, signal?: AbortSignal): Promise<StoredFile | null>;

  /**
   * A page of the files whose path begins with `prefix`, in the order of their paths, after `marker`; null if this archive
   * has no listing.
   *
   * @throws as `read`
   */
  list(prefix: string, marker: string, signal?: AbortSignal): Promise<ListingPage | null>;
}
