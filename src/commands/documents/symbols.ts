import type { ListedSymbol } from '../../exchange/market.js';
import { documentOf, isTrue } from '../framework/document/document.js';
import { about, from, list, object, text } from '../framework/document/shape.js';

type Entry = ListedSymbol & { ok: true };

const entry = from(
  (listed: ListedSymbol): Entry => ({ ...listed, ok: true }),
  object<Entry>({
    symbol: text,
    ok: isTrue,
    status: about('TRADING, HALT, BREAK, ...', text),
    base: about('The asset that is traded.', text),
    quote: about('The asset that it is priced in.', text),
  }),
);

export const symbolsDocument = documentOf<{ listed: ListedSymbol[] }, { symbols: ListedSymbol[] }>(
  ({ listed }) => ({ symbols: listed }),
  { symbols: about("By name. Binance's symbols, whether they are stored or not.", list(entry)) },
);
