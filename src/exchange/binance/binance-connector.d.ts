/** The part of Binance's connector that is used here, its market requests; the package comes without types. */
declare module '@binance/connector/src/modules/restful/market.js' {
  /** @typeParam Answer what `publicRequest` brings, and so every request that is built on it */
  interface Sender<Answer> {
    publicRequest(method: string, path: string, parameters?: Record<string, unknown>): Promise<Answer>;
  }

  interface MarketRequests<Answer> {
    /** These change the object that they are given. */
    time(options?: Record<string, unknown>): Promise<Answer>;
    exchangeInfo(options?: Record<string, unknown>): Promise<Answer>;
    klines(symbol: string, interval: string, options?: Record<string, unknown>): Promise<Answer>;
  }

  /** Adds the requests to a class that can send them. */
  export default function withMarketRequests<Answer>(
    sender: new () => Sender<Answer>,
  ): new () => MarketRequests<Answer>;
}
