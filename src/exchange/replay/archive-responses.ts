import { createHash } from 'node:crypto';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/minute.js';
import { intersect } from '../../core/range.js';
import {
  type ArchiveFile,
  dayFile,
  entryOf,
  floorDay,
  folderOf,
  monthFile,
  parseFileName,
  pathOf,
} from '../archive/archive-file.js';
import type { CandleSource } from './candle-source.js';
import { toKlineArray } from './kline-array.js';
import { writeZip } from './write-zip.js';

/** The base URLs of the archive and its listing, from the base URL of the replay. */
export const ARCHIVE_PATH = '/archive';
export const ARCHIVE_LISTING_PATH = '/archive-listing';

/** A day's file appears so long after the day, a month's file so long after the month. */
const PUBLISHED_AFTER_MS = { day: 2 * HOUR_MS, month: 7 * DAY_MS };
/** A file is made so long after its period. */
const MADE_AFTER_MS = HOUR_MS;
/** The times of files that begin here or later are in microseconds. */
const MICROSECONDS_FROM = Date.UTC(2025, 0, 1);
const KEYS_A_PAGE = 1000;

/** A response of the archive, before it is sent. */
interface ArchiveResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Binance's public archive as it would be at a time: months, days, their checksums and the listing. */
export function respondAsArchive(
  path: string,
  query: URLSearchParams,
  { source, nowMs }: { source: CandleSource; nowMs: number },
): ArchiveResponse {
  if (path === ARCHIVE_LISTING_PATH) return listingResponse(query, source, nowMs);
  const key = decodeURIComponent(path.slice(ARCHIVE_PATH.length + 1));
  const isChecksum = key.endsWith('.CHECKSUM');
  const zip = findZip(isChecksum ? key.slice(0, -'.CHECKSUM'.length) : key, source, nowMs);
  if (!zip) return notFound(key);
  const { bytes, file } = zip;
  if (isChecksum) return { status: 200, headers: {}, body: toChecksum(bytes, file.name) };
  const headers = {
    'content-type': 'application/zip',
    etag: `"${toTag(key)}"`,
    'last-modified': new Date(publishedAt(file)).toUTCString(),
  };
  return { status: 200, headers, body: bytes };
}

/** The text of a checksum file; Binance's have no newline at the end. */
export function toChecksum(zip: Buffer, name: string): string {
  return `${createHash('sha256').update(zip).digest('hex')}  ${name}`;
}

function findZip(key: string, source: CandleSource, nowMs: number): { bytes: Buffer; file: ArchiveFile } | undefined {
  const file = parseFileName(key.slice(key.lastIndexOf('/') + 1));
  if (!file || key !== pathOf(file) || nowMs < publishedAt(file)) return undefined;
  const csv = toArchiveCsv(file, source);
  if (csv.length === 0) return undefined;
  return { bytes: writeZip(entryOf(file), csv, file.range.to + MADE_AFTER_MS), file };
}

/** The CSV of a file: Binance's 12 fields, times in microseconds from 2025 on. */
export function toArchiveCsv({ symbol, range }: ArchiveFile, source: CandleSource): Buffer {
  if (!source.symbols().includes(symbol)) return Buffer.alloc(0);
  const isMicroseconds = range.from >= MICROSECONDS_FROM;
  const lines = source.candles(symbol, intersect(range, source.extent(symbol))).map((candle) => {
    const fields: (string | number)[] = toKlineArray(candle);
    if (isMicroseconds) {
      fields[0] = candle.openTime * 1000;
      fields[6] = (candle.openTime + MINUTE_MS) * 1000 - 1;
    }
    return `${fields.join(',')}\n`;
  });
  return Buffer.from(lines.join(''));
}

function publishedAt({ period, range }: ArchiveFile): number {
  return range.to + PUBLISHED_AFTER_MS[period];
}

function notFound(key: string): ArchiveResponse {
  return {
    status: 404,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>${escapeXml(key)}</Key></Error>`,
  };
}

/** ListObjects, version 1, without a delimiter: 1,000 keys a page, no NextMarker. */
function listingResponse(query: URLSearchParams, source: CandleSource, nowMs: number): ArchiveResponse {
  const [prefix, marker] = [query.get('prefix') ?? '', query.get('marker') ?? ''];
  const keys = source
    .symbols()
    .filter((symbol) => (['month', 'day'] as const).some((period) => prefix.startsWith(folderOf(symbol, period))))
    .flatMap((symbol) => listFiles(symbol, source, nowMs))
    .flatMap((file) => [pathOf(file), `${pathOf(file)}.CHECKSUM`].map((key) => ({ key, file })))
    .filter(({ key }) => key.startsWith(prefix) && key > marker)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const contents = keys.slice(0, KEYS_A_PAGE).map(({ key, file }) => {
    const modified = new Date(publishedAt(file)).toISOString();
    const size = file.period === 'month' ? 2_200_000 : 71_500;
    return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${modified}</LastModified><ETag>&quot;${toTag(key)}&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  });
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data.binance.vision</Name><Prefix>${escapeXml(prefix)}</Prefix><Marker>${escapeXml(marker)}</Marker><MaxKeys>${KEYS_A_PAGE}</MaxKeys><IsTruncated>${keys.length > KEYS_A_PAGE}</IsTruncated>${contents.join('')}</ListBucketResult>`;
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

/** The published files of a symbol that may hold candles. */
function listFiles(symbol: string, source: CandleSource, nowMs: number): ArchiveFile[] {
  const extent = intersect(source.extent(symbol), { from: 0, to: nowMs });
  const files: ArchiveFile[] = [];
  for (let day = floorDay(extent.from); day < extent.to; day += DAY_MS) {
    const month = monthFile(symbol, day);
    if (files.length === 0 || month.range.from === day) files.push(month);
    files.push(dayFile(symbol, day));
  }
  return files.filter((file) => publishedAt(file) <= nowMs);
}

/** The tag of a file. S3 gives the MD5 of the content; here files are never published anew, and a name is enough. */
function toTag(key: string): string {
  return createHash('md5').update(key).digest('hex');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
