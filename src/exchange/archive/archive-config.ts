/** Where the archive is. */
export interface ArchiveConfig {
  /** An http, https or file URL, or a folder's path. */
  url: string;
  /** Without it, and without a folder, files are found by asking for them. */
  listingUrl?: string | undefined;
}

/** Binance's public archive. Its own host answers a request for the listing with a page of HTML. */
export const BINANCE_ARCHIVE = {
  url: 'https://data.binance.vision',
  listingUrl: 'https://s3-ap-northeast-1.amazonaws.com/data.binance.vision',
} as const satisfies ArchiveConfig;

/** Where a backfill takes candles from: `auto` chooses the archive for much that is old, `archive` asks nothing else. */
export const VIAS = ['auto', 'api', 'archive'] as const;
export type Via = (typeof VIAS)[number];
