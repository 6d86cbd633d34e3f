/** The part of Binance's connector that is used here; the package comes without types. */
declare module '@binance/connector' {
  /** @typeParam Answer what `publicRequest` brings, and so every request that is built on it */
  export class Spot<Answer = unknown> {
    constructor(apiKey?: string, apiSecret?: string, options?: { baseURL?: string });
    readonly baseURL: string;
    publicRequest(method: string, path: string, parameters?: Record<string, unknown>): Promise<Answer>;
    /** These change the object that they are given. */
    time(options?: Record<string, unknown>): Promise<Answer>;
    exchangeInfo(options?: Record<string, unknown>): Promise<Answer>;
    klines(symbol: string, interval: string, options?: Record<string, unknown>): Promise<Answer>;
  }
}
