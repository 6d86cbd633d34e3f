import type { HttpAnswer, SendGet, SendOptions } from './http-transport.js';

/** The three requests that are asked of Binance, at one base URL. */
export interface BinanceClient {
  klines(
    symbol: string,
    window: { startTime: number; endTime: number; limit: number },
    send: SendOptions,
  ): Promise<HttpAnswer>;
  time(send: SendOptions): Promise<HttpAnswer>;
  exchangeInfo(symbol: string, send: SendOptions): Promise<HttpAnswer>;
}

/**
 * Binance's own connector over our transport.
 *
 * The connector knows the requests and their parameters. What it sends them with has no deadline (its timeout counts
 * idle time), cannot be aborted, follows redirects anywhere and reads answers of any size; so only its market
 * requests are taken, on top of a sender of ours. They are loaded when the first request is made: as modules they
 * bring axios along, 100 ms of start-up. The bundled program does without (`bin/build.ts`).
 */
export async function connectBinance(baseURL: string, sendGet: SendGet): Promise<BinanceClient> {
  const { default: withMarketRequests } = await import('@binance/connector/src/modules/restful/market.js');

  class Sender {
    publicRequest(_method: string, path: string, parameters: Record<string, unknown> = {}): Promise<HttpAnswer> {
      const { send, ...query } = parameters;
      const text = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
      return sendGet(`${baseURL}${path}${text ? `?${text}` : ''}`, send as SendOptions);
    }
  }

  const connector = new (withMarketRequests(Sender))();
  return {
    klines: (symbol, window, send) => connector.klines(symbol, '1m', { ...window, send }),
    time: (send) => connector.time({ send }),
    exchangeInfo: (symbol, send) => connector.exchangeInfo({ symbol, send }),
  };
}
