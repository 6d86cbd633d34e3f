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
 * idle time), cannot be aborted, follows redirects anywhere and reads answers of any size; so its one sending
 * method is replaced. It is loaded when the first request is made: it brings axios along, 100 ms of start-up.
 */
export async function connectBinance(baseURL: string, sendGet: SendGet): Promise<BinanceClient> {
  const { Spot } = await import('@binance/connector');

  class Connector extends Spot<HttpAnswer> {
    override publicRequest(
      _method: string,
      path: string,
      parameters: Record<string, unknown> = {},
    ): Promise<HttpAnswer> {
      const { send, ...query } = parameters;
      const text = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
      return sendGet(`${this.baseURL}${path}${text ? `?${text}` : ''}`, send as SendOptions);
    }
  }

  const connector = new Connector('', '', { baseURL });
  return {
    klines: (symbol, window, send) => connector.klines(symbol, '1m', { ...window, send }),
    time: (send) => connector.time({ send }),
    exchangeInfo: (symbol, send) => connector.exchangeInfo({ symbol, send }),
  };
}
