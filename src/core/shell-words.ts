import { Failure } from './failure.js';

/** Characters without a meaning to a shell. */
const PLAIN = /^[A-Za-z0-9_%+,./:@-][A-Za-z0-9_%+,./:@=-]*$/;

/** The texts that `splitCommand` accepts, in the words of JSON Schema: some words and no open quote. */
export const COMMAND_PATTERN =
  '^(?!\\s*$)([^"\'\\\\\\u0000]|\\\\([^\\u0000]|$)|"([^"\\\\\\u0000]|\\\\[^\\u0000])*"|\'[^\'\\u0000]*\')+$';

/** An argument of a program. */
export const ARGUMENT_PATTERN = '^[^\\u0000]*$';

/** One argument as a word of a POSIX shell that means exactly it. */
export function quoteForShell(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A program and its arguments as a command line of a POSIX shell. */
export function toShellCommand(words: readonly string[]): string {
  return words.map(quoteForShell).join(' ');
}

/**
 * A command line as its program and arguments: split as a POSIX shell would, without expansion or operators.
 *
 * Spaces separate; single and double quotes keep spaces; a backslash takes the next character as it is, except inside
 * single quotes.
 *
 * @example splitCommand(`python train.py --note "new data"`) // ['python', 'train.py', '--note', 'new data']
 * @throws Failure (usage) when the text is empty or a quote is left open.
 */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]!;
    if (character === '\\' && quote !== "'" && i + 1 < text.length) {
      i += 1;
      word = (word ?? '') + text[i]!;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  if (quote !== '') throw new Failure('usage', `command ${text} has a ${quote} that is never closed`);
  if (words.length === 0) throw new Failure('usage', 'the command was empty');
  return words;
}
