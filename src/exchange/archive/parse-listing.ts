import { RequestError } from '../http/request-error.js';
import { showMessage } from '../http/parse-values.js';

/** A file in the listing of the archive. */
export interface ListedFile {
  /** As in `data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2020-01.zip`. */
  key: string;
  /** The size of the zip. */
  sizeBytes: number;
  /** Changes whenever the file is published anew. */
  etag: string;
  /** Epoch milliseconds. */
  lastModified: number;
}

/** One page of a listing. */
export interface ListingPage {
  files: ListedFile[];
  /** The last key of the page, to go on from; null on the last page. */
  nextMarker: string | null;
}

const CONTENTS = /<Contents>(.*?)<\/Contents>/gs;

/**
 * One answer of the listing: S3's `ListBucketResult` (ListObjects, version 1).
 *
 * The next marker is the last key of the page, whatever it is: without a delimiter S3 names none.
 *
 * @throws RequestError (`refused`) for an error of S3, which gives AccessDenied for hours at times; (`invalid`) for
 *   anything else
 */
export function parseListing(xml: string): ListingPage {
  if (!/<ListBucketResult[\s>]/.test(xml)) {
    const code = textOf(xml, 'Code');
    if (code !== undefined)
      throw new RequestError('refused', `the listing of the archive answered "${showMessage(code)}"`);
    const what = /^\s*</.test(xml) ? 'HTML' : 'something else';
    throw new RequestError('invalid', `the listing of the archive was ${what}, expected a ListBucketResult`);
  }
  const files = [...xml.matchAll(CONTENTS)].map(([, entry = '']): ListedFile => {
    const [key, size, etag, modified] = ['Key', 'Size', 'ETag', 'LastModified'].map((tag) => textOf(entry, tag) ?? '');
    return {
      key: key!,
      sizeBytes: Number(size),
      etag: etag!.replaceAll('"', ''),
      lastModified: Date.parse(modified!),
    };
  });
  const wrong = files.find(({ key, sizeBytes, lastModified }) => !key || !(sizeBytes >= 0) || !(lastModified > 0));
  if (wrong) throw new RequestError('invalid', `the listing of the archive has an invalid entry: "${wrong.key}"`);
  const isTruncated = textOf(xml.replace(CONTENTS, ''), 'IsTruncated') === 'true';
  if (isTruncated && files.length === 0) {
    throw new RequestError('invalid', 'the listing of the archive has more pages but no key to go on from');
  }
  return { files, nextMarker: isTruncated ? files.at(-1)!.key : null };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of the first element of a name. */
function textOf(xml: string, tag: string): string | undefined {
  const text = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
  return text?.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
