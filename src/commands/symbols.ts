import type { ListedSymbol } from '../exchange/market.js';
import type { Command, CommandResult } from './framework/command.js';
import { OUTPUT_OPTIONS, readLogFormat } from './framework/options/options.js';
import { readConfig } from './framework/options/read-config.js';

export const symbolsCommand: Command<CommandResult & { listed: ListedSymbol[] }> = {
  name: 'symbols',
  otherNames: ['pairs', 'markets', 'tickers', 'exchange'],
  description: 'ask Binance which symbols it has; one a line',
  readOnly: true,
  options: [
    ['--quote <asset>', 'only those that are priced in this asset, such as USDT'],
    ['--status <status>', 'only those with this status, such as TRADING, HALT or BREAK; default: all'],
    ...OUTPUT_OPTIONS,
  ],
  examples: [
    ['chartctl symbols --quote USDT --status TRADING', 'what can be ingested'],
    ['chartctl symbols --quote USDT --status TRADING | chartctl ingest --symbols-file -', 'all of it'],
  ],
  run: async (call) => {
    const { flags, io } = call;
    const quote = flags.parse('--quote', (text) => text.trim().toUpperCase());
    const status = flags.parse('--status', (text) => text.trim().toUpperCase());
    readLogFormat(flags); // the session uses it already; here its problem is collected
    const config = readConfig(flags, io);
    const { openMarket } = await import('../exchange/open-market.js');
    const found = await openMarket(config.exchange).listSymbols({ signal: io.signal });
    const listed = found
      .filter((symbol) => quote === undefined || symbol.quote === quote)
      .filter((symbol) => status === undefined || symbol.status === status)
      .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    return { listed };
  },
  text: ({ listed }) => listed.map(({ symbol }) => `${symbol}\n`).join(''),
  document: async () => (await import('./documents/symbols.js')).symbolsDocument,
};
