import type { ExchangeConfig } from '../core/config.js';

/** The exchange that a first look works with. */
export interface DemoExchange {
  kind: 'binance' | 'generated';
  config: ExchangeConfig;
}

/**
 * Binance when it answers, else a small exchange on 127.0.0.1 that serves generated candles over HTTP.
 *
 * The small exchange is closed when `work` ends.
 */
export async function withDemoExchange<T>(
  config: ExchangeConfig,
  symbols: readonly string[],
  signal: AbortSignal,
  work: (exchange: DemoExchange) => Promise<T>,
): Promise<T> {
  const { openMarket } = await import('../exchange/open-market.js');
  const clock = await openMarket(config).readClock(signal);
  if (clock.source === 'exchange') return work({ kind: 'binance', config });

  const [{ startReplay }, { generatedSource }] = await Promise.all([
    import('../exchange/replay/start-replay.js'),
    import('../exchange/replay/generated-source.js'),
  ]);
  const replay = await startReplay({ candles: generatedSource(symbols) });
  try {
    return await work({ kind: 'generated', config: { binanceUrls: [replay.url], fallbacks: [] } });
  } finally {
    await replay.close();
  }
}
