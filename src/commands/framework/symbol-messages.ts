import { isSymbol } from '../../core/symbol.js';
import { groupByText, listNames } from '../../terminal/names.js';
import { formatCount } from '../../terminal/text.js';

/** Stands for the symbols of a message or of a command line until those with the same one are known. */
export const SYMBOLS = '{symbols}';

/** Different messages about symbols that are shown, unless all are asked for. */
const MAX_MESSAGES = 5;

/** The symbol that a message begins with, as in `BTCUSDT: ...`. A number is a count. */
export function findSubject(message: string): string | undefined {
  const [, subject = ''] = /^(\S+?):? /.exec(message) ?? [];
  return isSymbol(subject) && /\p{L}/u.test(subject) ? subject : undefined;
}

/** A text with another one in the places of a symbol; `BTC` is not a part of `BTCUSDT`. */
export function replaceSymbol(text: string, symbol: string, other: string): string {
  const letters = symbol.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{Nd}])${letters}(?![\\p{L}\\p{Nd}])`, 'gu'), () => other);
}

/**
 * Messages about symbols, those that differ in the symbol only as one: a failure of the exchange is one message, not one
 * for each symbol. Messages come as symbols end, in no fixed order: the names are sorted.
 */
export function joinMessages(messages: readonly string[], verbose = false): string[] {
  const found = messages.map((message) => ({ message, subject: findSubject(message) ?? '' }));
  const groups = groupByText(
    found,
    ({ subject }) => subject,
    ({ message, subject }) => [subject === '' ? message : replaceSymbol(message, subject, SYMBOLS)],
  );
  const joined = groups.map(({ text, names }) =>
    text.replaceAll(SYMBOLS, () => listNames([...names].sort(), verbose ? Infinity : undefined)),
  );
  const hidden = verbose ? 0 : joined.length - MAX_MESSAGES;
  return hidden > 1
    ? [...joined.slice(0, MAX_MESSAGES), `and ${formatCount(hidden)} more; --verbose shows all`]
    : joined;
}
