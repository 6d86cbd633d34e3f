import { isSymbol } from '../../core/symbol.js';
import { groupByText, listNames } from '../../terminal/names.js';
import { formatCount } from '../../terminal/text.js';
import { SYMBOLS } from './fleet.js';

/** Different messages about symbols that are shown, unless all are asked for. */
const MAX_MESSAGES = 5;

/** The symbol that a message begins with, as in `BTCUSDT: ...`. */
export function findSubject(message: string): string | undefined {
  const [, subject = ''] = /^(\S+?):? /.exec(message) ?? [];
  return isSymbol(subject) ? subject : undefined;
}

/**
 * Messages about symbols, those that differ in the symbol only as one: a failure of the exchange is one message, not one
 * for each symbol.
 */
export function joinMessages(messages: readonly string[], verbose = false): string[] {
  const found = messages.map((message) => ({ message, subject: findSubject(message) ?? '' }));
  const groups = groupByText(
    found,
    ({ subject }) => subject,
    ({ message, subject }) => [subject === '' ? message : message.replaceAll(subject, SYMBOLS)],
  );
  const joined = groups.map(({ text, names }) =>
    text.replaceAll(SYMBOLS, listNames(names, verbose ? Infinity : undefined)),
  );
  const hidden = verbose ? 0 : joined.length - MAX_MESSAGES;
  return hidden > 1
    ? [...joined.slice(0, MAX_MESSAGES), `and ${formatCount(hidden)} more; --verbose shows all`]
    : joined;
}
