import type { ProxySettings } from '../../network/proxies.js';
import { withDeadline } from '../http/deadline.js';
import type { RawResponse } from '../http/http-transport.js';
import { retryAfterOf } from '../http/read-response.js';
import { RequestError } from '../http/request-error.js';
import { RequestQueue } from '../http/request-queue.js';
import { HostList, requestWithRetries } from '../http/request-with-retries.js';
import { parseListing } from './parse-listing.js';
import type { ArchiveStorage, StoredFile } from './storage.js';

/** How requests to the archive are made. */
export interface HttpStorageOptions {
  /** The base URL of the listing; without it there is none. */
  listingUrl?: string | undefined;
  proxies?: ProxySettings | undefined;
  /** Called for waits and retries. */
  onNotice?: ((message: string) => void) | undefined;
}

/** The archive has no documented limit; few connections are enough, because the database is slower. */
const CONCURRENCY = 6;
/** No attempt begins later. */
const REQUEST_BUDGET_MS = 9_000;
/** From the first byte sent to the last byte received: a month of 2.3 MB at 0.5 Mbit/s. */
const ATTEMPT_DEADLINE_MS = 40_000;
const CONNECT_DEADLINE_MS = 4_500;
const MAX_WAIT_MS = 60_000;

/** An archive behind HTTP. Each file is read whole and anew: it may have been published again since the last time. */
export function openHttpStorage(baseUrl: string, options: HttpStorageOptions = {}): ArchiveStorage {
  const { listingUrl, proxies, onNotice } = options;
  const queue = new RequestQueue(CONCURRENCY, proxies);
  const hosts = { files: new HostList([baseUrl]), listing: new HostList(listingUrl === undefined ? [] : [listingUrl]) };
  const get = <T>(
    list: HostList,
    suffix: string,
    read: (response: RawResponse, url: string) => T,
    signal?: AbortSignal,
  ) =>
    withDeadline({ signal, requestBudgetMs: REQUEST_BUDGET_MS, maxWaitMs: MAX_WAIT_MS }, (deadline) => {
      const attempt = (base: string) => {
        const url = `${base}${suffix}`;
        const limits = { deadlineMs: ATTEMPT_DEADLINE_MS, connectDeadlineMs: CONNECT_DEADLINE_MS };
        return queue.run(
          async () => read(await queue.sendGet(url, { signal: deadline.signal, ...limits }), url),
          deadline,
        );
      };
      return requestWithRetries(list, attempt, deadline, onNotice);
    });

  return {
    name: new URL(baseUrl).host,
    read: (path, signal) => get(hosts.files, `/${encodePath(path)}`, toStoredFile, signal),
    list: async (prefix, marker, signal) => {
      if (listingUrl === undefined) return null;
      const query = new URLSearchParams({ prefix, ...(marker === '' ? {} : { marker }) });
      return get(hosts.listing, `?${query.toString()}`, toListingPage, signal);
    },
  };
}

/** Symbols with other letters than ASCII exist. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The file of a response; null for 404. */
function toStoredFile(response: RawResponse, url: string): StoredFile | null {
  if (response.status === 404) return null;
  requireSuccess(response, new URL(url).host);
  const { bytes, headers } = response;
  const modified = Date.parse(headers['last-modified'] ?? '');
  return {
    bytes,
    url,
    etag: headers.etag?.replaceAll('"', '') ?? null,
    lastModified: Number.isNaN(modified) ? null : modified,
  };
}

function toListingPage(response: RawResponse, url: string) {
  requireSuccess(response, new URL(url).host);
  return parseListing(response.text);
}

/** Nothing but 200 is a file, and nothing but 404 says that there is none. */
function requireSuccess({ status, headers }: RawResponse, host: string): void {
  if (status === 200) return;
  const message = `${host} answered ${status}`;
  const retryAfterMs = retryAfterOf(headers, Date.now());
  if (status === 429) throw new RequestError('limited', message, { retryAfterMs });
  if (status === 408 || status >= 500) throw new RequestError('server', message, { retryAfterMs });
  if (status >= 300 && status < 400) {
    throw new RequestError('blocked', `${message}, a redirect, which is not followed`, { code: 'REDIRECTED' });
  }
  throw new RequestError('blocked', message, { code: 'FORBIDDEN' });
}
