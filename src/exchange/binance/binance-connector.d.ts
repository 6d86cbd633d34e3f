/** The market requests of Binance's connector, which comes without types. */
declare module '@binance/connector/src/modules/restful/market.js' {
  /** @typeParam Response what `publicRequest` resolves with, and so do the requests that are built on it */
  interface Sender<Response> {
    publicRequest(method: string, path: string, parameters?: Record<string, unknown>): Promise<Response>;
  }

  interface MarketRequests<Response> {
    /** These change the object that they are given. */
    time(options?: Record<string, unknown>): Promise<Response>;
    exchangeInfo(options?: Record<string, unknown>): Promise<Response>;
    klines(symbol: string, interval: string, options?: Record<string, unknown>): Promise<Response>;
  }

  /** Adds the requests to a class that can send them. */
  export default function withMarketRequests<Response>(
    sender: new () => Sender<Response>,
  ): new () => MarketRequests<Response>;
}
