import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE_MS } from '../../core/minute.js';
import { ARCHIVE_LISTING_PATH, ARCHIVE_PATH, respondAsArchive } from './archive-responses.js';
import { respondAsBinance } from './binance-responses.js';
import type { CandleSource } from './candle-source.js';

/** A request to the exchange. */
export interface ReplayRequest {
  /** As in `/api/v3/klines`. */
  path: string;
  /** Its parameters. */
  query: URLSearchParams;
}

/** The response. */
export interface ReplayAnswer {
  /** The HTTP status. */
  status: number;
  /** The HTTP headers. */
  headers: Record<string, string>;
  /** JSON; of the archive a zip, a checksum or XML. */
  body: string | Buffer;
}

/** What the replay serves. */
export interface ReplayOptions {
  /** The source of its candles. */
  candles: CandleSource;
  /** The exchange's clock, epoch milliseconds; the local clock if not given. */
  now?: () => number;
  /** The states of symbols that are not `TRADING`; they may change while the replay runs. */
  states?: ReadonlyMap<string, string>;
  /** The weight limit in `exchangeInfo`, which is not enforced. */
  weightLimit?: number;
  /** Sends the response instead of the replay; tests inject faults with it. */
  send?: (request: ReplayRequest, answer: ReplayAnswer, response: ServerResponse) => void | Promise<void>;
}

/** A running replay. */
export interface Replay {
  /** Base URL, to be used as `CHARTCTL_BINANCE_URL`. */
  url: string;
  /** The base URLs of its archive, to be used as `CHARTCTL_ARCHIVE_URL` and `CHARTCTL_ARCHIVE_LISTING_URL`. */
  archive: { url: string; listingUrl: string };
  /** Stops it. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server on 127.0.0.1 that serves Binance's `time`, `klines` and `exchangeInfo` and its public archive from a
 * source of candles, so that the first run works without a network and uses the same code as with the real exchange.
 */
export async function startReplay(options: ReplayOptions): Promise<Replay> {
  const now = options.now ?? Date.now;
  const spend = countWeight(now);
  const send = options.send ?? ((_request, answer, response) => writeAnswer(answer, response));
  const server = createServer((incoming, response) => {
    const request = readRequest(incoming);
    const answer = answerRequest(request, options, now(), spend);
    Promise.resolve(send(request, answer, response)).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    archive: { url: url + ARCHIVE_PATH, listingUrl: url + ARCHIVE_LISTING_PATH },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Writes the response unchanged. */
export function writeAnswer(answer: ReplayAnswer, response: ServerResponse): void {
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

function readRequest(incoming: IncomingMessage): ReplayRequest {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://replay');
  return { path: pathname, query: searchParams };
}

function answerRequest(
  request: ReplayRequest,
  { candles, states, weightLimit = 6000 }: ReplayOptions,
  nowMs: number,
  spend: (weight: number) => number,
): ReplayAnswer {
  if (request.path === ARCHIVE_LISTING_PATH || request.path.startsWith(`${ARCHIVE_PATH}/`)) {
    return respondAsArchive(request.path, request.query, { source: candles, nowMs });
  }
  const {
    status = 200,
    weight,
    body,
  } = respondAsBinance(request.path, request.query, { source: candles, nowMs, weightLimit, states });
  const headers = {
    'content-type': 'application/json;charset=UTF-8',
    date: new Date(nowMs).toUTCString(),
    'x-mbx-used-weight-1m': String(spend(weight)),
  };
  return { status, headers, body: JSON.stringify(body) };
}

/** Sums the weight spent within each minute of the exchange's clock. */
function countWeight(now: () => number): (weight: number) => number {
  let minute = 0;
  let used = 0;
  return (weight) => {
    const current = Math.floor(now() / MINUTE_MS);
    if (current !== minute) [minute, used] = [current, 0];
    used += weight;
    return used;
  };
}
